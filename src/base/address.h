/* How a listening socket can be reached. */
#ifndef INGLE_BASE_ADDRESS_H
#define INGLE_BASE_ADDRESS_H

#include <stdbool.h>

enum address_reach {
    ADDRESS_NONE, /* it is no socket of a kind that is known here */
    ADDRESS_PATH, /* by its path in the file system, or its local name */
    ADDRESS_HERE, /* over TCP, from this machine */
    ADDRESS_OPEN  /* also from others */
};

enum address_reach address_reach(int fd);

/* Not by other machines, for certain. */
static inline bool address_is_local(int fd) {
    enum address_reach reach = address_reach(fd);
    return reach == ADDRESS_PATH || reach == ADDRESS_HERE;
}

#endif
