#include "cli/audit_worker.h"

#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "cli/audit_note.h"
#include "worker/client/quarantine.h"

ingle_status audit_unsealed(bool *is_recorded, const char *what, ingle_error *err) {
    const struct audit_field fields[] = {AUDIT_FIELD_WORDS("what", what)};
    ingle_status status = audit_require(AUDIT_UNSEALED, fields, BASE_COUNT(fields), err);
    *is_recorded = status == INGLE_OK;
    return status == INGLE_UNSUPPORTED ? INGLE_OK : status;
}

static void note_seal(const struct msg_started *m) {
    const struct audit_field fields[] = {
        AUDIT_FIELD_WORDS("result", "sealed"),
        AUDIT_FIELD_NUMBER("calls", (uint64_t)m->n_calls),
        AUDIT_FIELD_NUMBER("landlock", (uint64_t)m->landlock_abi),
        AUDIT_FIELD_NUMBER("namespaces", m->namespaces),
    };
    audit_note(AUDIT_SEAL, fields, BASE_COUNT(fields));
}

/* A file of a model by what fstat() tells: whoever changes or replaces it changes one of these. The
 * content would take as long to hash as the model to load. */
static void note_load(const struct model_files *files, const char *result) {
    uint64_t identity = 0, size = 0;
    for (size_t i = 0; i < files->n_fds; i++) {
        struct stat st;
        if (fstat(files->fds[i], &st) != 0) return;
        const uint64_t parts[] = {(uint64_t)st.st_dev, (uint64_t)st.st_ino, (uint64_t)st.st_size,
                                  (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec};
        for (size_t k = 0; k < BASE_COUNT(parts); k++) identity = hash_u64(identity, parts[k]);
        size += (uint64_t)st.st_size;
    }
    const struct audit_field fields[] = {
        AUDIT_FIELD_DIGEST("name", files->name, strlen(files->name)),
        AUDIT_FIELD_HEX("identity", &identity, sizeof identity),
        AUDIT_FIELD_NUMBER("size", size),
        AUDIT_FIELD_WORDS("result", result),
    };
    audit_note(AUDIT_LOAD, fields, BASE_COUNT(fields));
}

void audit_in_place(const struct model_files *files) {
    note_load(files, "sealed reading");
}

void audit_worker_start(const struct worker *w, const struct model_files *files,
                        ingle_status status) {
    if (w && worker_started(w)->is_sealed) note_seal(worker_started(w));
    if (status == INGLE_REFUSED) {
        const struct audit_field fields[] = {AUDIT_FIELD_WORDS("what", "start of a worker")};
        audit_note(AUDIT_REFUSAL, fields, BASE_COUNT(fields));
    }
    if (files) note_load(files, ingle_status_name(status));
}

void audit_worker_death(int n_crashes) {
    const struct audit_field fields[] = {AUDIT_FIELD_NUMBER("crashes", (uint64_t)n_crashes)};
    audit_note(AUDIT_CRASH, NULL, 0);
    if (n_crashes >= QUARANTINE_CRASHES) {
        audit_note(AUDIT_QUARANTINE, fields, BASE_COUNT(fields));
    }
}
