#include "engine/kern/arm/dot16_i8mm.h"
#include "engine/kern/arm/gemm_q32_neon.h"
#include "engine/kern/arm/kern_arm.h"

DEFINE_Q32_GEMMS(kern_gemm_q32_i8mm, SHAPE_PAIRS, dot16_i8mm)
