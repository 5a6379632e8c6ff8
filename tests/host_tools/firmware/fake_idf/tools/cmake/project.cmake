# Stands for ESP-IDF in tests: what the project and its main component say is written into files of the build folder.
function(idf_component_register)
    cmake_parse_arguments(ARG "" "" "SRCS;INCLUDE_DIRS;REQUIRES" ${ARGN})
    file(WRITE ${CMAKE_BINARY_DIR}/sources.txt "${ARG_SRCS}")
    file(WRITE ${CMAKE_BINARY_DIR}/includes.txt "${ARG_INCLUDE_DIRS}")
    file(WRITE ${CMAKE_BINARY_DIR}/requires.txt "${ARG_REQUIRES}")
endfunction()

macro(project name)
    _project(${name} C CXX)
    file(WRITE ${CMAKE_BINARY_DIR}/target.txt "${IDF_TARGET}")
    add_subdirectory(main)
endmacro()
