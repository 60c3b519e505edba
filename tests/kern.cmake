# kerncheck: every kernel of every tier of this architecture against the definition of its op. It
# needs no cmocka, so the arm64 build runs it too, under qemu.
add_executable(kerncheck kern/kerncheck.c kern/data.c kern/gemm.c
    kern/check_act.c kern/check_gemm_float.c kern/check_gemm_q256.c kern/check_gemm_q32.c
    kern/check_attn.c kern/check_kv.c kern/check_rope.c kern/check_row.c kern/check_sgemm.c)
target_link_libraries(kerncheck PRIVATE engine_kern m)

if(INGLE_SANITIZE MATCHES "memory")
    set(tiers ref) # intrinsics are opaque to it
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(tiers ref avx2 avxvnni avx512vnni avx512bf16)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    set(tiers ref neon dotprod i8mm)
else()
    set(tiers ref)
endif()
foreach(family act attn gemm_float gemm_q256 gemm_q32 kv rope row sgemm)
    foreach(tier ${tiers})
        add_test(NAME kern/${family}/${tier} COMMAND kerncheck --family ${family} --tier ${tier})
        # A machine without the tier skips, unless INGLE_REQUIRE_TIERS names it.
        set_tests_properties(kern/${family}/${tier} PROPERTIES LABELS kern TIMEOUT 120
            SKIP_RETURN_CODE 77)
    endforeach()
endforeach()
