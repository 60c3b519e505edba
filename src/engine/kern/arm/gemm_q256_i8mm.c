#include "engine/kern/arm/dot16_i8mm.h"
#include "engine/kern/arm/gemm_q256_neon.h"
#include "engine/kern/arm/kern_arm.h"

DEFINE_Q256_GEMMS(kern_gemm_q256_i8mm, SHAPE_PAIRS, dot16_i8mm)
