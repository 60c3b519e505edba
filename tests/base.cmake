ingle_unit_test(unit/base/test_status USES base)
ingle_unit_test(unit/base/test_alloc USES base)
ingle_unit_test(unit/base/test_size USES base)
ingle_unit_test(unit/base/test_bytes USES base)
