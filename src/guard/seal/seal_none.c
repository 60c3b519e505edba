/* A build without libseccomp (-DINGLE_SEAL=OFF): nothing can be sealed. */
#include "guard/seal/seal.h"
#include "guard/seal/seal_confine.h"

static ingle_status unsupported(ingle_error *err) {
    return status_set(err, INGLE_UNSUPPORTED, 0,
                      "This build of ingle cannot seal processes: it was made without libseccomp.");
}

const char *seal_namespace_name(enum seal_namespace which) {
    static const char *const names[] = {"user", "net", "ipc", "uts", "mnt", "cgroup"};
    return names[which];
}

uint64_t seal_max_file(const int *fds, size_t n) {
    (void)fds;
    (void)n;
    return 0;
}

ingle_status seal_prepare(struct seal_report *out, const struct seal_plan *plan, ingle_error *err) {
    (void)plan;
    *out = (struct seal_report){0};
    return unsupported(err);
}

ingle_status seal_finish(struct seal_report *out, ingle_error *err) {
    out->is_sealed = false;
    return unsupported(err);
}

ingle_status seal_no_network(const int *families, size_t n, ingle_error *err) {
    (void)families;
    (void)n;
    return status_set(err, INGLE_UNSUPPORTED, 0,
                      "Cannot take the network away from this process: this build of ingle was "
                      "made without libseccomp.");
}

const char *seal_files_name(enum seal_files files) {
    (void)files;
    return "all";
}

bool seal_keeps_signals(const struct seal_confinement *c) {
    (void)c;
    return false;
}

ingle_status seal_confine(struct seal_confinement *out, const struct seal_confine_plan *plan,
                          ingle_error *err) {
    (void)plan;
    *out = (struct seal_confinement){0};
    return unsupported(err);
}
