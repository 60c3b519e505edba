#include "engine/kern/x86/gemm_q256_avx2.h"
#include "engine/kern/x86/dot_avx2.h"
#include "engine/kern/x86/kern_x86.h"

DEFINE_Q256_GEMMS(kern_gemm_q256_avx2, scaled_dot32_avx2, true)
