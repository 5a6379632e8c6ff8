# picket_native as a user C module: USER_C_MODULES=native_module, and MONOCYPHER_DIR names the folder of monocypher.c.
#
# PICKET_ENGINE_FILES, when given, are all files of the engine, relative to native_module: those for the operators that
# the flags in PICKET_SELECTION choose, or those of the engine over TensorFlow Lite Micro, which is in PICKET_LIBRARIES.

PICKET_NATIVE_DIR := $(patsubst %/,%,$(dir $(USERMOD_DIR)))

SRC_USERMOD_C += $(wildcard $(USERMOD_DIR)/*.c)
SRC_USERMOD_LIB_C += $(wildcard $(PICKET_NATIVE_DIR)/crypto/*.c $(PICKET_NATIVE_DIR)/dsp/*.c)
SRC_USERMOD_LIB_C += $(MONOCYPHER_DIR)/monocypher.c
PICKET_PARTS := engine engine/kernels engine/operators
PICKET_SOURCES := $(foreach part,$(PICKET_PARTS),$(wildcard $(PICKET_NATIVE_DIR)/$(part)/*.c))
ifneq ($(PICKET_ENGINE_FILES),)
PICKET_SOURCES := $(addprefix $(PICKET_NATIVE_DIR)/,$(PICKET_ENGINE_FILES))
endif
SRC_USERMOD_LIB_C += $(filter %.c,$(PICKET_SOURCES))
SRC_USERMOD_LIB_CXX += $(filter %.cpp,$(PICKET_SOURCES))

# Features must be the same bits as on the host: no fused multiply-add. (MicroPython gives these flags to C++, too.)
CFLAGS_USERMOD += -ffp-contract=off -I$(MONOCYPHER_DIR) $(PICKET_SELECTION)
CXXFLAGS_USERMOD += -std=c++17 -fno-rtti -fno-exceptions -fno-threadsafe-statics
ifneq ($(PICKET_LIBRARIES),)
LDFLAGS_USERMOD += $(PICKET_LIBRARIES) -lstdc++ -lm
endif
