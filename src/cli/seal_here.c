#include "cli/seal_here.h"

#include <sys/socket.h>

#include "guard/seal/seal.h"

ingle_status seal_front(bool local_sockets, ingle_error *err) {
    static const int families[] = {AF_UNIX};
    ingle_status status = seal_no_network(families, local_sockets ? 1 : 0, err);
    return status == INGLE_UNSUPPORTED ? INGLE_OK : status;
}
