# What keeps a person's data in. Fixtures need no model.
if(CMOCKA_FOUND)
    add_library(test_vault STATIC support/files.c support/folder.c support/process.c support/refusal.c support/torture.c
        support/vault.c)
    target_include_directories(test_vault PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(test_vault PUBLIC guard PRIVATE PkgConfig::CMOCKA)
endif()

if(INGLE_VAULT)
    foreach(test private_folder crypt_sodium vault_key sealed_file sealed_hostile snapshot_store torture)
        ingle_unit_test(unit/guard/test_${test} USES test_vault)
    endforeach()

    # The record store, and what lays its file open.
    add_library(test_vault_store STATIC support/vault_store.c support/power_vfs.c)
    target_link_libraries(test_vault_store PUBLIC test_vault sqlite PRIVATE PkgConfig::CMOCKA)
    foreach(test vault vault_crash vault_golden vault_hostile vault_torture vault_traces)
        ingle_unit_test(unit/guard/test_${test} USES test_vault_store)
    endforeach()
    if(TARGET unit_guard_test_vault_golden)
        target_compile_definitions(unit_guard_test_vault_golden PRIVATE
            TEST_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden")
    endif()
    add_test(NAME unit/guard/vault_kills COMMAND unit_guard_test_vault_crash)
    set_tests_properties(unit/guard/vault_kills PROPERTIES TIMEOUT 1800 LABELS "unit;slow"
        ENVIRONMENT "VAULT_KILLS=2000;VAULT_CUTS=5000")
    add_test(NAME unit/guard/vault_every_byte COMMAND unit_guard_test_vault_hostile)
    set_tests_properties(unit/guard/vault_every_byte PROPERTIES TIMEOUT 1800 LABELS "unit;slow"
        ENVIRONMENT "VAULT_EVERY_BYTE=1")
endif()

# The audit log.
if(INGLE_VAULT)
    foreach(test audit_log audit_tamper audit_crash)
        ingle_unit_test(unit/guard/test_${test} USES test_vault SOURCES support/audit_log.c)
    endforeach()
    target_link_options(unit_guard_test_audit_log PRIVATE -Wl,--wrap=clock_date_ns)
    target_compile_definitions(unit_guard_test_audit_log PRIVATE
        TEST_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden")
    # The same with all that takes long.
    add_test(NAME unit/guard/audit_every_bit COMMAND unit_guard_test_audit_tamper)
    add_test(NAME unit/guard/audit_kills COMMAND unit_guard_test_audit_crash)
    set_tests_properties(unit/guard/audit_every_bit PROPERTIES TIMEOUT 900 LABELS "unit;slow"
        ENVIRONMENT "AUDIT_EVERY_BIT=1")
    set_tests_properties(unit/guard/audit_kills PROPERTIES TIMEOUT 900 LABELS "unit;slow"
        ENVIRONMENT "AUDIT_KILLS=2000")
endif()

# A build without libsodium, in any build.
set(vault ${CMAKE_SOURCE_DIR}/src/guard/vault)
ingle_unit_test(unit/guard/test_crypt_none USES base SOURCES ${vault}/crypt_none.c
    ${vault}/private_folder.c ${vault}/private_memory.c ${vault}/vault_key.c ${vault}/vault_key_file.c support/folder.c
    support/refusal.c)

# Redaction needs no vault.
ingle_unit_test(unit/guard/test_redact_rules USES guard)
ingle_unit_test(unit/guard/test_redact_map USES test_vault)
ingle_unit_test(unit/guard/test_redact_repeats USES guard)

# The seal: of the program itself, and in children, which the thread sanitizer never lets have one
# thread alone.
if(CMOCKA_FOUND AND INGLE_SEAL)
    ingle_unit_test(unit/guard/test_seal_self USES guard)
    ingle_unit_test(unit/guard/test_seal_confine USES guard SOURCES support/folder.c)
endif()
if(CMOCKA_FOUND AND INGLE_SEAL AND NOT INGLE_SANITIZE MATCHES thread)
    add_library(test_seal STATIC support/folder.c support/sealed.c)
    target_include_directories(test_seal PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(test_seal PUBLIC guard PRIVATE PkgConfig::CMOCKA)
    foreach(test steps filter network)
        ingle_unit_test(unit/guard/test_seal_${test} USES test_seal)
    endforeach()
    if(NOT INGLE_SANITIZE MATCHES memory) # which knows nothing of libseccomp
        ingle_unit_test(unit/guard/test_seal_missing USES test_seal seccomp)
    endif()
    ingle_unit_test(unit/guard/test_seal_engine USES test_fixture guard SOURCES support/sealed.c)
endif()

# Ways out of the seal: tried without it, with half of it, and with all of it.
ingle_unit_test(unit/guard/test_prove USES guard)
ingle_unit_test(unit/guard/test_look USES guard)
if(CMOCKA_FOUND)
    set_tests_properties(unit/guard/prove unit/guard/look PROPERTIES SKIP_RETURN_CODE 77)
endif()
