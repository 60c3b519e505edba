/* The table of architectures: one file each (arch_<name>.c) and one line here.
 *
 * A file says how the family's tensors are bound and, if it is not the common pre-norm decoder
 * (decoder.h), how a layer is computed. docs/add-a-model.md walks through one. */
#ifndef INGLE_ENGINE_MODEL_ARCH_H
#define INGLE_ENGINE_MODEL_ARCH_H

#include "base/pool.h"
#include "engine/model/model.h"

struct forward;
struct binder;

struct model_arch {
    const char *name; /* general.architecture */

    /* Sets what the keys do not say (rope pairing) and binds every tensor (bind.h). */
    ingle_status (*bind)(struct binder *b);

    /* Computes layer il for all tokens of the pass; called on every thread of the team. */
    void (*layer)(const struct pool_worker *w, struct forward *f, int il);
};

/* NULL if unknown. */
const struct model_arch *model_arch_find(struct gguf_str name);

/* "llama, phi3, ..." for messages. */
const char *model_arch_names(void);

/* The build reads these lines too: X(name) compiles arch_<name>.c, which defines arch_<name>. */
#define MODEL_ARCHS(X)                                                                             \
    X(llama)                                                                                       \
    X(phi3)                                                                                        \
    X(qwen2)                                                                                       \
    X(qwen3)                                                                                       \
    X(smollm3)

#define MODEL_ARCH_DECLARE(name) extern const struct model_arch arch_##name;
MODEL_ARCHS(MODEL_ARCH_DECLARE)
#undef MODEL_ARCH_DECLARE

#endif
