#include "cli/builtin_pack.h"

ingle_status builtin_pack_open(ingle_pack **out, const char *path, enum builtin_pack which,
                               ingle_error *err) {
    *out = NULL;
    if (path) return ingle_pack_open(out, path, err);
    struct builtin_bytes bytes = builtin_bytes(which);
    if (bytes.size > 0) {
        return ingle_pack_open_memory(out, bytes.data, bytes.size, bytes.name, err);
    }
    return status_set(err, INGLE_NOT_FOUND, 0, "This ingle was built without its own models.");
}
