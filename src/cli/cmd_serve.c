/* ingle serve: the local service. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/address.h"
#include "base/folder.h"
#include "cli/audit_note.h"
#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/say.h"
#include "cli/seal_here.h"
#include "cli/serve_confine.h"
#include "cli/serve_host.h"
#include "cli/serve_keeper.h"
#include "cli/serve_socket.h"
#include "cli/serve_token.h"
#include "cli/user_dir.h"
#include "daemon/activation.h"
#include "daemon/serve/serve.h"

#define MAX_SOCKETS 16
#define MAX_WAITING 64
#define MAX_DESCRIPTORS 4096

struct serve_args {
    struct engine_args engine;
    struct option_list models, addresses, origins;
    const char *socket, *tls_cert, *tls_key, *name;
    bool no_token;
    int n_slots, keep_alive, memory, idle_exit;
};

#define FIELD(name) .offset = offsetof(struct serve_args, name)

static const struct option serve_options[] = {
    {"model", 'm', OPTION_LIST, "MODEL", "GGUF file to serve; may be given several times",
     FIELD(models)},
    {"socket", '\0', OPTION_TEXT, "PATH",
     "Socket to listen on (default ingle/ingle.sock, see below)", FIELD(socket)},
    {"listen", '\0', OPTION_LIST, "HOST:PORT", "Address to listen on, such as 127.0.0.1:8080",
     FIELD(addresses)},
    {"no-token", '\0', OPTION_FLAG, NULL, "Every program and user of this machine may ask",
     FIELD(no_token)},
    {"parallel", '\0', OPTION_INT, "N", "Answers made at once (default 6)", FIELD(n_slots),
     .min = 1, .max = 32},
    {"keep-alive", '\0', OPTION_INT, "S",
     "Seconds that an idle model stays loaded (default 300; -1: for ever)", FIELD(keep_alive),
     .min = -1, .max = 1 << 30},
    {"memory", '\0', OPTION_INT, "MIB",
     "That loaded models may take together (default: three quarters)", FIELD(memory), .min = 1,
     .max = 1 << 30},
    {"idle-exit", '\0', OPTION_INT, "S", "End when nobody has asked for so long (default 0: never)",
     FIELD(idle_exit), .min = 0, .max = 1 << 30, .is_rare = true},
    {"tls-cert", '\0', OPTION_TEXT, "FILE", "Certificate (PEM), for other machines",
     FIELD(tls_cert), .is_rare = true},
    {"tls-key", '\0', OPTION_TEXT, "FILE", "Its key", FIELD(tls_key), .is_rare = true},
    {"name", '\0', OPTION_TEXT, "HOST", "Name by which other machines call this one", FIELD(name),
     .is_rare = true},
    {"origin", '\0', OPTION_LIST, "URL", "Web page of another address that may ask, https://x.org",
     FIELD(origins), .is_rare = true},
    OPTION_ENGINE(struct serve_args),
};

/* ---- what is served ---- */

struct served {
    struct service_model_option models[OPTION_LIST_MAX];
    char ids[OPTION_LIST_MAX][256];
    size_t n;
};

/* What clients call a file: its name without the ending. */
static void add_model(struct served *s, const char *path) {
    static const char ending[] = ".gguf";
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t n = strlen(name), n_ending = sizeof ending - 1;
    if (n > n_ending && strcmp(name + n - n_ending, ending) == 0) n -= n_ending;
    snprintf(s->ids[s->n], sizeof s->ids[0], "%.*s", (int)n, name);
    s->models[s->n] = (struct service_model_option){s->ids[s->n], path};
    s->n++;
}

/* Of two the second could never be asked. */
static ingle_status check_names(const struct served *s, ingle_error *err) {
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(s->ids[i], s->ids[k]) != 0) continue;
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "Two models would be called '%.120s', by the names of their files.",
                              s->ids[i]);
        }
    }
    return INGLE_OK;
}

static ingle_status find_models(struct served *s, struct serve_args *args, ingle_error *err) {
    s->n = 0;
    for (size_t i = 0; i < args->models.n; i++) add_model(s, args->models.items[i]);
    INGLE_TRY(check_names(s, err));
    if (s->n > 0) args->engine.model = args->models.items[0];
    INGLE_TRY(engine_default(&args->engine, err));
    if (s->n > 0) return INGLE_OK;
    if (args->engine.model) {
        add_model(s, args->engine.model);
    } else {
        s->models[s->n++] = (struct service_model_option){"builtin", ""};
    }
    return INGLE_OK;
}

/* ---- where ---- */

struct sockets {
    int fds[MAX_SOCKETS];
    size_t n;
    char path[USER_DIR_CAP];    /* of one that was made here */
    struct serve_keeper keeper; /* who removes that at the end */
};

static ingle_status default_path(char out[USER_DIR_CAP], ingle_error *err) {
    char folder[USER_DIR_CAP - 32];
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (!runtime || runtime[0] != '/' ||
        snprintf(folder, sizeof folder, "%s/ingle", runtime) >= (int)sizeof folder) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "XDG_RUNTIME_DIR names no folder for the socket; say --socket PATH or "
                          "--listen 127.0.0.1:8080.");
    }
    INGLE_TRY(folder_create(folder, err));
    snprintf(out, USER_DIR_CAP, "%s/ingle.sock", folder);
    return INGLE_OK;
}

static ingle_status open_sockets(struct sockets *s, const struct serve_args *args,
                                 ingle_error *err) {
    size_t n_given = 0;
    INGLE_TRY(activation_take(s->fds, &n_given, err));
    serve_close_from(STDERR_FILENO + 1 + (int)n_given);
    s->n = n_given;
    if (n_given + args->addresses.n + 1 > MAX_SOCKETS) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "%zu addresses are too many; %d may be.",
                          args->addresses.n, MAX_SOCKETS - 1 - (int)n_given);
    }
    for (size_t i = 0; i < args->addresses.n; i++) {
        INGLE_TRY(serve_socket_address(&s->fds[s->n], args->addresses.items[i], err));
        s->n++;
    }
    bool wants_path = args->socket || s->n == 0;
    if (!wants_path) return INGLE_OK;
    if (args->socket) {
        snprintf(s->path, sizeof s->path, "%s", args->socket);
    } else {
        INGLE_TRY(default_path(s->path, err));
    }
    INGLE_TRY(serve_socket_path(&s->fds[s->n], s->path, err));
    s->n++;
    return serve_keeper_start(&s->keeper, s->path, err);
}

static bool has_address(const struct sockets *s) {
    for (size_t i = 0; i < s->n; i++) {
        if (address_reach(s->fds[i]) != ADDRESS_PATH) return true;
    }
    return false;
}

/* What other machines can reach asks for a token, and is not overheard. */
static ingle_status check_open(const struct sockets *s, const struct serve_args *args,
                               ingle_error *err) {
    bool is_open = false;
    for (size_t i = 0; i < s->n; i++) is_open = is_open || !address_is_local(s->fds[i]);
    if (!args->tls_cert != !args->tls_key) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "--tls-cert and --tls-key go together.");
    }
    if (!is_open || (!args->no_token && args->tls_cert)) return INGLE_OK;
    return status_set(err, INGLE_REFUSED, 0,
                      "Other machines could reach this address: that needs a token and TLS "
                      "(--tls-cert, --tls-key, and no --no-token). 127.0.0.1 needs neither.");
}

/* ---- what is said ---- */

struct told {
    struct cli *cli;
    const struct sockets *sockets;
    const struct serve_args *args;
    const struct serve_token *token;
    const struct served *served;
    struct seal_confinement confinement;
};

static void say_no_token(void) {
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    bool has_colours = out_has_colours(&o);
    out_f(&o,
          "%single serve: --no-token: every program and every user of this machine may ask.%s\n",
          has_colours ? "\033[31m" : "", has_colours ? "\033[0m" : "");
    ingle_status unheard = out_flush(&o, NULL);
    (void)unheard; /* nobody is left to tell */
}

/* Secrets are for a person at a terminal; elsewhere lines are kept. */
static void say_secrets(const struct told *t, const char *address, const char *link_key) {
    char line[USER_DIR_CAP + 256];
    if (!isatty(STDERR_FILENO)) return;
    snprintf(line, sizeof line, "The page, for one browser: %s/#key=%s", address, link_key);
    say(t->cli->command, line);
}

static void say_trouble(const char *sentence, void *told) {
    say(((const struct told *)told)->cli->command, sentence);
}

/* A door is open: that stands in the audit log, as all that came in does, as a number. */
static void note_ready(const struct told *t) {
    uint64_t n_paths = 0, n_others = 0;
    for (size_t i = 0; i < t->sockets->n; i++) {
        n_paths += address_reach(t->sockets->fds[i]) == ADDRESS_PATH;
        n_others += !address_is_local(t->sockets->fds[i]);
    }
    const struct audit_field fields[] = {
        AUDIT_FIELD_NUMBER("sockets", n_paths),
        AUDIT_FIELD_NUMBER("addresses", t->sockets->n - n_paths),
        AUDIT_FIELD_NUMBER("for_other_machines", n_others),
        AUDIT_FIELD_FLAG("token", t->token != NULL),
        AUDIT_FIELD_FLAG("tls", t->args->tls_cert != NULL),
        AUDIT_FIELD_WORDS("files", seal_files_name(t->confinement.files)),
    };
    audit_note(AUDIT_LISTEN, fields, BASE_COUNT(fields));
}

static void note_end(const struct serve_end *end, void *told) {
    const struct audit_field fields[] = {
        AUDIT_FIELD_NUMBER("requests", end->n_requests),
        AUDIT_FIELD_NUMBER("without_token", end->n_without_token),
    };
    (void)told;
    audit_note(AUDIT_SERVED, fields, BASE_COUNT(fields));
}

static void say_ready(const char *link_key, void *told) {
    const struct told *t = told;
    note_ready(t);
    bool is_tls = t->args->tls_cert != NULL;
    char line[USER_DIR_CAP + 256], name[SERVE_SOCKET_NAME];
    for (size_t i = 0; i < t->sockets->n; i++) {
        serve_socket_name(name, t->sockets->fds[i], is_tls);
        snprintf(line, sizeof line, "Listening on %s", name);
        say(t->cli->command, line);
        if (t->token && address_reach(t->sockets->fds[i]) != ADDRESS_PATH)
            say_secrets(t, name, link_key);
    }
    if (!t->token) return;
    bool is_shown = t->token->is_new && isatty(STDERR_FILENO);
    snprintf(line, sizeof line, "Programs show the token in %s%s%s", t->token->path,
             is_shown ? ", this once also here: " : "", is_shown ? t->token->secret.text : "");
    say(t->cli->command, line);
}

/* ---- the command ---- */

/* A descriptor a connection; the usual limit is less than the connections that may be. */
static void allow_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= MAX_DESCRIPTORS) return;
    limit.rlim_cur = limit.rlim_max < MAX_DESCRIPTORS ? limit.rlim_max : MAX_DESCRIPTORS;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static ingle_status confine(struct api_front *front, void *told, ingle_error *err) {
    struct told *t = told;
    const char *paths[OPTION_LIST_MAX];
    struct seal_confinement *c = &t->confinement;
    for (size_t i = 0; i < t->served->n; i++) paths[i] = t->served->models[i].path;
    INGLE_TRY(serve_confine(c, t->cli, paths, t->served->n, t->args->engine.unsealed, err));
    *front = (struct api_front){.files = seal_files_name(c->files),
                                .n_places = c->n_places,
                                .n_writable = c->n_writable,
                                .landlock = c->landlock_abi,
                                .has_network = t->cli->keeps_network,
                                .keeps_signals = seal_keeps_signals(c),
                                .hides_memory = c->hides_memory};
    return INGLE_OK;
}

static uint64_t memory_limit(const struct serve_args *args) {
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    if (args->memory > 0) return (uint64_t)args->memory << 20;
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 4 * 3 : 0;
}

/* Of each model, for the beginnings of prompts: taken as it is used, and shared by its clients. */
static uint64_t cache_memory(const struct serve_args *args) {
    uint64_t part = memory_limit(args) / 6, least = (uint64_t)64 << 20, most = (uint64_t)4 << 30;
    return part < least ? least : part > most ? most : part;
}

static ingle_status serve(struct cli *cli, struct serve_args *args, const struct sockets *sockets,
                          const struct served *served, ingle_error *err) {
    struct serve_token token;
    const char *origins[OPTION_LIST_MAX + 1] = {NULL};
    bool needs_token = has_address(sockets) && !args->no_token;
    if (needs_token) INGLE_TRY(serve_token_read(&token, err));
    if (has_address(sockets) && args->no_token) say_no_token();
    for (size_t i = 0; i < args->origins.n; i++) origins[i] = args->origins.items[i];
    struct told told = {cli, sockets, args, needs_token ? &token : NULL, served, {0}};
    serve_host_init(&args->engine);
    struct serve_options opt = {
        .sockets = sockets->fds,
        .n_sockets = sockets->n,
        .token = needs_token ? &token.secret : NULL,
        .tls_cert = args->tls_cert,
        .tls_key = args->tls_key,
        .name = args->name,
        .origins = origins,
        .idle_exit_s = args->idle_exit,
        .service = {.host = &serve_host,
                    .models = served->models,
                    .n_models = served->n,
                    .n_slots = args->n_slots,
                    .max_waiting = MAX_WAITING,
                    .keep_alive_s = args->keep_alive,
                    .max_memory = memory_limit(args),
                    .cache_memory = cache_memory(args),
                    .n_ctx = args->engine.n_ctx},
        .confine = confine,
        .on_trouble = say_trouble,
        .on_ready = say_ready,
        .on_end = note_end,
        .user = &told,
    };
    ingle_status status = serve_run(&opt, err);
    if (needs_token) explicit_bzero(&token, sizeof token);
    return status;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct serve_args args = {.n_slots = 6, .keep_alive = 300};
    struct served served;
    struct sockets sockets = {.n = 0};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "", err));
    INGLE_TRY(find_models(&served, &args, err));
    allow_descriptors();
    ingle_status status = open_sockets(&sockets, &args, err);
    if (status == INGLE_OK) status = check_open(&sockets, &args, err);
    if (status == INGLE_OK) status = seal_front(cli, true, err);
    if (status == INGLE_OK) status = serve(cli, &args, &sockets, &served, err);
    serve_keeper_end(&sockets.keeper);
    return status;
}

const struct command cmd_serve = {
    .name = "serve",
    .summary = "Serve models to the programs and the browser of this machine",
    .arguments = "[-m MODEL] [options]",
    .example = "serve -m model.gguf --listen 127.0.0.1:8080",
    .details = "Without --listen, a socket in XDG_RUNTIME_DIR/ingle that only you can open. Over "
               "TCP a program shows\n"
               "the token, and the browser opens the link that is printed. It speaks what clients "
               "of OpenAI,\n"
               "Anthropic, Ollama and llama.cpp speak (docs/api.md). Nothing leaves this machine: "
               "the process that\n"
               "listens can connect to nobody, and the one that reads your words has no network.",
    .has_network = true, /* until it listens */
    COMMAND_OPTIONS(serve_options),
    .run = run,
};
