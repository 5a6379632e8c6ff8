# The first of ESP-IDF's two passes over the main component's CMakeLists.txt: a script that may not make targets.
set(CMAKE_BUILD_EARLY_EXPANSION 1)
function(idf_component_register)
    cmake_parse_arguments(ARG "" "" "SRCS;INCLUDE_DIRS;REQUIRES" ${ARGN})
    file(WRITE ${RESULTS}/required_early.txt "${ARG_REQUIRES}")
endfunction()
include(main/CMakeLists.txt)
