#include "engine/model/arch.h"

#include <string.h>

static const struct model_arch *const archs[] = {
#define ARCH_ENTRY(name) &arch_##name,
    MODEL_ARCHS(ARCH_ENTRY)
#undef ARCH_ENTRY
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
#define ARCH_NAME(name) ", " #name
    static const char names[] = MODEL_ARCHS(ARCH_NAME);
#undef ARCH_NAME
    return names + 2;
}
