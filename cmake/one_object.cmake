# one_object(OUT LIBRARY...): links whole static libraries into one relocatable object in which
# everything that is not exported has become local. libingle.a is made of it, so that a name of
# ours (gguf_open) can never clash with one of the program that links it.
function(one_object out)
    set(archives "")
    foreach(library ${ARGN})
        list(APPEND archives $<TARGET_FILE:${library}>)
    endforeach()
    add_custom_command(OUTPUT ${out}
        COMMAND ${CMAKE_LINKER} -r -o ${out} --whole-archive ${archives}
        COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${out}
        DEPENDS ${ARGN} VERBATIM COMMENT "Linking ingle.o")
    set_source_files_properties(${out} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
endfunction()
