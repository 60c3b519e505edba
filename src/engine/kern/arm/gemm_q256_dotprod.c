#include "engine/kern/arm/dot16_dotprod.h"
#include "engine/kern/arm/gemm_q256_neon.h"
#include "engine/kern/arm/kern_arm.h"

DEFINE_Q256_GEMMS(kern_gemm_q256_dotprod, SHAPE_ROWS, dot16_dotprod)
