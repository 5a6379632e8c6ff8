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
    # What a component requires, ESP-IDF finds out in a process of its own, which knows none of the project's variables.
    execute_process(
        COMMAND ${CMAKE_COMMAND} -D RESULTS=${CMAKE_BINARY_DIR} -P $ENV{IDF_PATH}/tools/cmake/requirements.cmake
        WORKING_DIRECTORY ${CMAKE_CURRENT_LIST_DIR}
        RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "the first pass over the components failed")
    endif()
    add_subdirectory(main)
endmacro()
