/* Of a build without libevent. */
#include "daemon/serve/serve.h"

ingle_status serve_run(const struct serve_options *opt, ingle_error *err) {
    (void)opt;
    return status_set(err, INGLE_UNSUPPORTED, 0, "This build of ingle cannot serve.");
}
