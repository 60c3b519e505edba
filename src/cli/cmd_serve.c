/* ingle serve: the local service. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/say.h"
#include "cli/seal_here.h"
#include "cli/serve_host.h"
#include "cli/serve_socket.h"
#include "cli/user_dir.h"
#include "daemon/serve/serve.h"

#define MAX_SOCKETS 8

struct serve_args {
    struct engine_args engine;
    struct option_list models, addresses;
    const char *socket;
    int n_slots;
};

#define FIELD(name) .offset = offsetof(struct serve_args, name)

static const struct option serve_options[] = {
    {"model", 'm', OPTION_LIST, "MODEL", "GGUF file to serve; may be given several times",
     FIELD(models)},
    {"socket", '\0', OPTION_TEXT, "PATH", "Socket to listen on", FIELD(socket)},
    {"listen", '\0', OPTION_LIST, "HOST:PORT", "Address of this machine to listen on",
     FIELD(addresses)},
    {"parallel", '\0', OPTION_INT, "N", "Answers made at once (default 6)", FIELD(n_slots),
     .min = 1, .max = 32},
    OPTION_ENGINE(struct serve_args),
};

/* What clients call a file: its name without the ending. */
static void name_model(char id[256], const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t n = strlen(name);
    if (n > 5 && strcmp(name + n - 5, ".gguf") == 0) n -= 5;
    snprintf(id, 256, "%.*s", (int)n, name);
}

static ingle_status open_sockets(int *fds, size_t *n, const struct serve_args *args,
                                 ingle_error *err) {
    *n = 0;
    if (args->socket) {
        INGLE_TRY(serve_socket_path(&fds[*n], args->socket, err));
        ++*n;
    }
    for (size_t i = 0; i < args->addresses.n && *n < MAX_SOCKETS; i++) {
        INGLE_TRY(serve_socket_address(&fds[*n], args->addresses.items[i], err));
        ++*n;
    }
    return INGLE_OK;
}

static void tell_where(struct cli *cli, const int *fds, size_t n) {
    for (size_t i = 0; i < n; i++) {
        char name[SERVE_SOCKET_NAME], line[SERVE_SOCKET_NAME + 32];
        serve_socket_name(name, fds[i]);
        snprintf(line, sizeof line, "Listening on %s", name);
        say(cli->command, line);
    }
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct serve_args args = {.n_slots = 6};
    struct service_model_option models[OPTION_LIST_MAX];
    char ids[OPTION_LIST_MAX][256];
    int fds[MAX_SOCKETS];
    size_t n_fds;
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "", err));
    if (args.models.n > 0) args.engine.model = args.models.items[0];
    INGLE_TRY(engine_default(&args.engine, err));
    INGLE_TRY(engine_need_model(&args.engine, err));
    for (size_t i = 0; i < args.models.n; i++) {
        name_model(ids[i], args.models.items[i]);
        models[i] = (struct service_model_option){ids[i], args.models.items[i]};
    }
    if (args.models.n == 0) {
        name_model(ids[0], args.engine.model);
        models[0] = (struct service_model_option){ids[0], args.engine.model};
    }
    INGLE_TRY(open_sockets(fds, &n_fds, &args, err));
    INGLE_TRY(seal_front(cli, true, err));
    tell_where(cli, fds, n_fds);
    serve_host_init(&args.engine);
    struct serve_options opt = {
        .sockets = fds,
        .n_sockets = n_fds,
        .service = {.host = &serve_host,
                    .models = models,
                    .n_models = args.models.n ? args.models.n : 1,
                    .n_slots = args.n_slots,
                    .max_waiting = 64,
                    .keep_alive_s = 300,
                    .cache_memory = (uint64_t)512 << 20},
    };
    return serve_run(&opt, err);
}

const struct command cmd_serve = {
    .name = "serve",
    .summary = "Serve models to the programs and the browser of this machine",
    .arguments = "[-m MODEL] [options]",
    .example = "serve -m model.gguf --listen 127.0.0.1:8080",
    .has_network = true, /* until it listens */
    COMMAND_OPTIONS(serve_options),
    .run = run,
};
