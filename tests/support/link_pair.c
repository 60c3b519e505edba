#include "support/link_pair.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

void link_pair_make(struct link_pair *p, bool is_apart) {
    ingle_error err;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, p->sockets),
                     0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ring_create(&p->fds[i], &p->pages[i], &err), INGLE_OK);
        p->seen[i] = NULL;
        if (is_apart) assert_int_equal(ring_map(&p->seen[i], p->fds[i], &err), INGLE_OK);
    }
    for (int i = 0; i < 2; i++) {
        const struct ring_page *others = is_apart ? p->seen[!i] : p->pages[!i];
        link_init(&p->ends[i], p->pages[i], others, p->sockets[i]);
    }
}

void link_pair_clear(struct link_pair *p) {
    for (int i = 0; i < 2; i++) {
        link_clear(&p->ends[i]);
        ring_unmap(p->pages[i]);
        ring_unmap(p->seen[i]);
        if (p->fds[i] >= 0) close(p->fds[i]);
        if (p->sockets[i] >= 0) close(p->sockets[i]);
    }
}
