# Stands for ports/esp32/esp32_common.cmake in tests: takes user C modules in as MicroPython does.
if(NOT CMAKE_BUILD_EARLY_EXPANSION)
    include(${MICROPY_DIR}/py/usermod.cmake)
endif()
list(APPEND IDF_COMPONENTS mbedtls nvs_flash)
idf_component_register(
    SRCS ${MICROPY_SOURCE_USERMOD}
    INCLUDE_DIRS ${MICROPY_INC_USERMOD}
    REQUIRES ${IDF_COMPONENTS})
if(CMAKE_BUILD_EARLY_EXPANSION)
    return()
endif()
get_target_property(definitions usermod_picket_native INTERFACE_COMPILE_DEFINITIONS)
file(WRITE ${CMAKE_BINARY_DIR}/definitions.txt "${definitions}")
