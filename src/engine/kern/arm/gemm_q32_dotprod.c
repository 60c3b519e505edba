#include "engine/kern/arm/dot16_dotprod.h"
#include "engine/kern/arm/gemm_q32_neon.h"
#include "engine/kern/arm/kern_arm.h"

DEFINE_Q32_GEMMS(kern_gemm_q32_dotprod, SHAPE_ROWS, dot16_dotprod)
