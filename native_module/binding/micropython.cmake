# picket_native as a user C module of ports that are built with CMake: USER_C_MODULES names this file, and
# PICKET_SETTINGS another one, which sets
#   PICKET_SOURCES       the module's files (engine, binding, signal processing, crypto), relative to native_module
#   PICKET_EXTERNAL      further files, absolute: Monocypher
#   PICKET_INCLUDES      folders of headers, absolute: Monocypher's, that of the list of operators
#   PICKET_DEFINITIONS   what chooses the operators
include(${PICKET_SETTINGS})

get_filename_component(PICKET_NATIVE_DIR ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
list(TRANSFORM PICKET_SOURCES PREPEND ${PICKET_NATIVE_DIR}/)

add_library(usermod_picket_native INTERFACE)
target_sources(usermod_picket_native INTERFACE ${PICKET_SOURCES} ${PICKET_EXTERNAL})
target_include_directories(usermod_picket_native INTERFACE ${PICKET_INCLUDES})
target_compile_definitions(usermod_picket_native INTERFACE ${PICKET_DEFINITIONS})
target_link_libraries(usermod INTERFACE usermod_picket_native)

# Features must be the same bits as on the host: no fused multiply-add. What compilers say about TensorFlow's headers is
# not ours to mend.
set_source_files_properties(${PICKET_SOURCES} PROPERTIES COMPILE_OPTIONS "-ffp-contract=off;-Wno-error")
