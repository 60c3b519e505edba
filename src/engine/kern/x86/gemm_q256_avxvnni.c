#include "engine/kern/x86/dot_avxvnni.h"
#include "engine/kern/x86/gemm_q256_avx2.h"
#include "engine/kern/x86/kern_x86.h"

DEFINE_Q256_GEMMS(kern_gemm_q256_avxvnni, scaled_dot32_avxvnni, false)
