/* Says what arrives at a network interface: capture INTERFACE. Prints "ready" once it listens, and
 * describes each frame on a line of standard error, until it is ended. The kernel's own talk about
 * addresses would not be told apart from a leak: the caller waits until that is over. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ETH_P_ALL_FRAMES 0x0003

static void describe(const unsigned char *frame, ssize_t size) {
    fprintf(stderr, "capture: %zd bytes, type %02x%02x:", size, frame[12], frame[13]);
    for (ssize_t i = 14; i < size && i < 54; i++) fprintf(stderr, " %02x", frame[i]);
    fputc('\n', stderr);
}

static int listen_at(const char *interface) {
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL_FRAMES));
    if (fd < 0) return -1;
    struct sockaddr_ll at = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ALL_FRAMES),
                             .sll_ifindex = (int)if_nametoindex(interface)};
    if (at.sll_ifindex != 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0) return fd;
    close(fd);
    return -1;
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    int fd = listen_at(argv[1]);
    if (fd < 0) {
        fprintf(stderr, "capture: %s: %s\n", argv[1], strerror(errno));
        return 77; /* not allowed here */
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        unsigned char frame[2048];
        struct sockaddr_ll from;
        socklen_t from_size = sizeof from;
        ssize_t size = recvfrom(fd, frame, sizeof frame, 0, (struct sockaddr *)&from, &from_size);
        if (size < 0 && errno != EINTR && errno != ENETDOWN) return 1;
        if (size >= 14 && from.sll_pkttype != PACKET_OUTGOING) describe(frame, size);
    }
}
