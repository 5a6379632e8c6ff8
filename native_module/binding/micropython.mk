# picket_native as a user C module: USER_C_MODULES=native_module, and MONOCYPHER_DIR names the folder of monocypher.c.
#
# PICKET_ENGINE=tflm takes TensorFlow Lite Micro instead of the portable engine; then PICKET_TFLM_FLAGS has the flags that
# engine_tflm is compiled with (the library's definitions, the folders of its headers and of the list of operators), and
# PICKET_TFLM_ARCHIVE names the library.
#
# PICKET_ENGINE_FILES, when given, are all files of the portable engine, relative to native_module, for the operators that
# the flags in PICKET_SELECTION choose.

PICKET_NATIVE_DIR := $(patsubst %/,%,$(dir $(USERMOD_DIR)))
PICKET_ENGINE ?= portable

SRC_USERMOD_C += $(wildcard $(USERMOD_DIR)/*.c)
PICKET_PARTS_portable := engine/kernels
PICKET_PARTS_tflm := engine_tflm
PICKET_PARTS := crypto dsp engine engine/operators $(PICKET_PARTS_$(PICKET_ENGINE))
PICKET_SOURCES := $(foreach part,$(PICKET_PARTS),$(wildcard $(PICKET_NATIVE_DIR)/$(part)/*.c))
ifneq ($(PICKET_ENGINE_FILES),)
PICKET_SOURCES := $(filter-out $(PICKET_NATIVE_DIR)/engine/%,$(PICKET_SOURCES))
PICKET_SOURCES += $(addprefix $(PICKET_NATIVE_DIR)/,$(PICKET_ENGINE_FILES))
endif
ifeq ($(PICKET_ENGINE),tflm)
PICKET_SOURCES := $(filter-out %/engine/engine.c,$(PICKET_SOURCES))
SRC_USERMOD_LIB_CXX += $(wildcard $(PICKET_NATIVE_DIR)/engine_tflm/*.cpp)
CFLAGS_USERMOD += $(filter -D%,$(PICKET_TFLM_FLAGS))
CXXFLAGS_USERMOD += $(PICKET_TFLM_FLAGS)
LDFLAGS_USERMOD += $(PICKET_TFLM_ARCHIVE) -lstdc++ -lm
endif
SRC_USERMOD_LIB_C += $(PICKET_SOURCES) $(MONOCYPHER_DIR)/monocypher.c

# Features must be the same bits as on the host: no fused multiply-add.
CFLAGS_USERMOD += -ffp-contract=off -I$(MONOCYPHER_DIR) $(PICKET_SELECTION)
