# Training on this machine.
ingle_unit_test(unit/learn/test_learn USES learn SOURCES support/refusal.c)
ingle_unit_test(unit/learn/test_matmul USES learn m)
