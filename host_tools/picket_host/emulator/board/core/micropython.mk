SRC_USERMOD_C += $(wildcard $(USERMOD_DIR)/*.c)
SRC_USERMOD_LIB_C += $(TOP)/shared/timeutils/timeutils.c
CFLAGS_USERMOD += -I$(patsubst %/,%,$(dir $(USERMOD_DIR)))
