#include "engine/kern/x86/dot_avxvnni.h"
#include "engine/kern/x86/gemm_q32_avx2.h"
#include "engine/kern/x86/kern_x86.h"

DEFINE_Q32_GEMMS(kern_gemm_q32_avxvnni, dot32_avxvnni, false)
