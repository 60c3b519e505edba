/* Ways out, what they are tried on, and the twins that try them. A way is a function that runs in a
 * twin and says whether it worked; it does no harm where it does, since tests run all of them
 * without a seal, too, as root. */
#ifndef INGLE_GUARD_PROVE_PROVE_INTERNAL_H
#define INGLE_GUARD_PROVE_PROVE_INTERNAL_H

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "guard/prove/prove.h"

/* ---- what the ways are tried on ---- */

/* What another process of this user can see happening to it. In memory that it shares with the
 * process that proves, and that no twin has. */
struct prove_bystander {
    volatile uint64_t n_signals; /* that arrived */
    volatile uint64_t word;      /* that twins try to read and write: PROVE_WORD */
};
#define PROVE_WORD 0x696e676c65u

/* Set up before there is a seal: listeners that can be reached, a process that can be harmed, files
 * that can be read. Zeroed, with descriptors of -1, = nothing there. */
struct prove_scene {
    /* What a twin, like a worker, has. */
    int channel; /* an end of a socket pair; messages with descriptors wait in it */
    int ring;    /* a memfd, of fixed size */
    int text;    /* a memfd that nobody can write to any more */
    int model;   /* a file, read-only */

    /* Where it tries to get to; port 0 or an empty name: this machine has none. */
    struct sockaddr_in tcp4, udp4;
    struct sockaddr_in6 tcp6, udp6;
    struct sockaddr_un path, path_datagram, abstract;
    pid_t bystander;
    struct prove_bystander *seen; /* at this address in the bystander */
    int bystander_fd;             /* a descriptor that the bystander has open */
    char folder[64];              /* of its own, with some files; "" */

    /* Of the process that proves alone. */
    int front; /* the other end of the channel */
    int listeners[7];
};

BASE_NODISCARD ingle_status prove_scene_open(struct prove_scene *s, ingle_error *err);
void prove_scene_close(struct prove_scene *s);

/* "<folder>/<name>", in memory that the next call in this process overwrites. */
const char *prove_scene_path(const struct prove_scene *s, const char *name);

/* ---- ways ---- */

#define WAY_OPEN 0       /* it worked */
#define WAY_MISSING (-1) /* nothing to try it on; all other values are the errno of the refusal */

/* From what a call returned. */
static inline int way_of(long result) {
    return result < 0 ? errno : WAY_OPEN;
}

/* For calls whose success would do harm: they are given arguments that the kernel looks at last,
 * after the permission, so that an answer about these arguments means that the way is open. */
static inline int way_of_reaching(long result, int answer) {
    return result >= 0 || errno == answer ? WAY_OPEN : errno;
}

/* A row of a table: either a function or the system call `nr` with these arguments. */
struct prove_row {
    const char *name;
    int (*attempt)(const struct prove_scene *s);
    long nr;
    long args[6];
    int answer; /* of way_of_reaching(); 0 = only success counts */
};

#define WAY(its_name, function)                                                                    \
    { .name = (its_name), .attempt = (function) }

struct prove_way {
    const char *group;
    char name[64];
    int (*attempt)(const struct prove_scene *s, const struct prove_way *way);
    const struct prove_row *row;
    long a, b;
    const char *allowed; /* why it may go through; NULL = it may not */
    bool is_call;        /* a system call number: any answer of its own means that it is open */
};

/* Zeroed = empty. */
struct prove_list {
    struct prove_way *ways; /* owned */
    size_t n, cap;
};

BASE_NODISCARD ingle_status prove_list_add(struct prove_list *list, const struct prove_way *way,
                                           ingle_error *err);
BASE_NODISCARD ingle_status prove_list_add_rows(struct prove_list *list, const char *group,
                                                const struct prove_row *rows, size_t n,
                                                ingle_error *err);
BASE_NODISCARD ingle_status prove_list_add_all(struct prove_list *list, ingle_error *err);

/* Those to the network, and to other processes by sockets: of a process that has only lost these
 * (seal_no_network()). All in one group. */
BASE_NODISCARD ingle_status prove_list_add_network(struct prove_list *list, ingle_error *err);
void prove_list_clear(struct prove_list *list);

/* The groups. */
BASE_NODISCARD ingle_status prove_ways_family(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_net(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_local(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_channel(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_abi(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_file(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_held(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_process(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_program(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_system(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_privilege(struct prove_list *list, ingle_error *err);
BASE_NODISCARD ingle_status prove_ways_call(struct prove_list *list, ingle_error *err);

/* The name of a system call: *out points to that many characters; 0 = it has none. */
size_t prove_call_name(const char **out, long nr);

/* Why a system call may go through; NULL = it may not. */
const char *prove_call_allowed(long nr);

/* ---- twins ---- */

/* How much of the seal the twins have. The first two are for tests, of the ways themselves. */
enum prove_depth {
    PROVE_BARE,
    PROVE_PREPARED,
    PROVE_SEALED,
    PROVE_NO_NETWORK /* that of the command itself: no network, and only ways to that are tried */
};

struct prove_end {
    enum prove_outcome outcome;
    int errnum;
};

/* After that many seconds a call that waits counts as one that works. Nothing of what is refused
 * waits: only a machine that stands still could make it look so. */
#define PROVE_PATIENCE 10

/* A child of this process tries the way and ends, after `patience` seconds at the latest. prepared:
 * what seal_prepare() made of this process, and the child is sealed to the end; NULL = it is not.
 */
BASE_NODISCARD ingle_status prove_twin_start(pid_t *out, const struct prove_scene *s,
                                             const struct prove_way *way,
                                             const struct seal_report *prepared, unsigned patience,
                                             ingle_error *err);

/* Waits for it. FAILED if it could not be sealed. */
BASE_NODISCARD ingle_status prove_twin_wait(struct prove_end *out, pid_t twin,
                                            const struct prove_way *way, ingle_error *err);

/* What became of a twin, from how it ended. */
struct prove_end prove_judge(const struct prove_way *way, int wait_status);

/* A part of prove_all(), and with less of a seal. */
BASE_NODISCARD ingle_status prove_all_at(enum prove_depth depth, prove_result_fn on_result,
                                         void *user, size_t *n_open, ingle_error *err);

/* prove_short(), without a seal (NULL) for tests of it. */
BASE_NODISCARD ingle_status prove_few(const struct seal_report *prepared, ingle_error *err);

/* What arrived at the scene, as results of a group of its own. */
void prove_scene_tell(struct prove_scene *s, prove_result_fn on_result, void *user, size_t *n_open);

#endif
