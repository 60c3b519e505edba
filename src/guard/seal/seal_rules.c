/* Landlock for a process that lives on: no TCP, no abstract sockets, no signals to others; and
 * where it has no root of its own, rules for its files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard/seal/seal_confine_internal.h"
#include "guard/seal/seal_internal.h"

#define SYS_CREATE_RULESET 444
#define SYS_ADD_RULE 445
#define SYS_RESTRICT_SELF 446
#define ASK_VERSION 1u
#define RULE_BENEATH 1

/* Rights, as the kernel numbers them. */
#define EXECUTE (1u << 0)
#define WRITE_FILE (1u << 1)
#define READ_FILE (1u << 2)
#define READ_DIR (1u << 3)
#define REMOVE_DIR (1u << 4)
#define REMOVE_FILE (1u << 5)
#define MAKE_DIR (1u << 7)
#define MAKE_REG (1u << 8)
#define REFER (1u << 13)
#define TRUNCATE (1u << 14)
#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE)

struct __attribute__((packed)) beneath {
    uint64_t allowed;
    int32_t fd;
};

static uint64_t rights_of(const struct seal_kept *k) {
    uint64_t all = READ_FILE | READ_DIR;
    if (k->use == SEAL_RUN) all |= EXECUTE;
    if (k->use == SEAL_DEVICE) all |= WRITE_FILE;
    if (k->use == SEAL_WRITE) {
        all |= WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE;
    }
    return k->is_folder ? all : all & OF_FILES;
}

/* 0 or an errno. */
static int allow(int rules, const struct seal_kept_list *list, uint64_t handled) {
    for (size_t i = 0; i < list->n; i++) {
        const struct seal_kept *k = &list->items[i];
        if (!k->is_first) continue;
        struct beneath rule = {.allowed = rights_of(k) & handled,
                               .fd = open(k->real, O_PATH | O_CLOEXEC)};
        if (rule.fd < 0) return errno;
        int error = syscall(SYS_ADD_RULE, rules, RULE_BENEATH, &rule, 0) == 0 ? 0 : errno;
        close(rule.fd);
        if (error) return error;
    }
    return 0;
}

ingle_status seal_rules(struct seal_confinement *out, const struct seal_kept_list *list,
                        bool with_files, ingle_error *err) {
    int abi = (int)syscall(SYS_CREATE_RULESET, NULL, 0, ASK_VERSION);
    if (abi <= 0) return INGLE_OK; /* not built, not switched on, or forbidden by a container */
    /* Rights of version 9 are of sockets with a path; connecting to those is denied anyway. */
    struct seal_rights rights = seal_landlock_rights(abi > 8 ? 8 : abi);
    if (!with_files) rights.fs = 0;
    out->landlock_abi = abi;
    if (rights.fs == 0 && rights.net == 0 && rights.scope == 0) return INGLE_OK;
    int rules = (int)syscall(SYS_CREATE_RULESET, &rights, sizeof rights, 0);
    if (rules < 0) return seal_failed(err, errno, "making a Landlock rule set");
    int error = with_files ? allow(rules, list, rights.fs) : 0;
    if (!error && syscall(SYS_RESTRICT_SELF, rules, 0) != 0) error = errno;
    close(rules);
    if (error) return seal_failed(err, error, "enforcing Landlock");
    if (with_files) out->files = SEAL_FILES_RULES;
    out->landlock_net = rights.net;
    out->landlock_scope = rights.scope;
    return INGLE_OK;
}
