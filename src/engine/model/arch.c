#include "engine/model/arch.h"

#include <string.h>

static const struct model_arch *const archs[] = {
    &arch_llama, &arch_phi3, &arch_qwen2, &arch_qwen3, &arch_smollm3,
};

const struct model_arch *model_arch_find(struct gguf_str name) {
    for (size_t i = 0; i < BASE_COUNT(archs); i++) {
        if (name.len == strlen(archs[i]->name) &&
            memcmp(name.data, archs[i]->name, name.len) == 0) {
            return archs[i];
        }
    }
    return NULL;
}

const char *model_arch_names(void) {
    return "llama, phi3, qwen2, qwen3 and smollm3";
}
