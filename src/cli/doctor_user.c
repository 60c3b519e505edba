/* What concerns the user's own keys, folders, settings and services. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/doctor.h"
#include "cli/user_dir.h"
#include "guard/audit/audit.h"

#define KEYCTL_GET_KEYRING_ID 0
#define KEY_SPEC_SESSION_KEYRING (-3)

/* ---- keys ---- */

static void look_keyring(struct doctor_finding *f, const char *root) {
    (void)root;
    if (syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) >= 0) {
        doctor_ok(f, "the kernel can keep a key until you log out");
    } else {
        doctor_lacks(f, "",
                     "the kernel keeps no keys for you (%s): the vault asks for its "
                     "passphrase each time.",
                     strerror(errno));
    }
}

static bool in_path(const char *program) {
    const char *path = getenv("PATH");
    while (path && *path) {
        char file[1024];
        int n = (int)strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/%s", n, path, program);
        if (n > 0 && access(file, X_OK) == 0) return true;
        path += n + (path[n] == ':');
    }
    return false;
}

static void look_tpm(struct doctor_finding *f, const char *root) {
    char device[64];
    snprintf(device, sizeof device, "%.40s/dev/tpmrm0", root);
    bool has_tpm = access(device, F_OK) == 0, has_tool = in_path("systemd-creds");
    if (has_tpm && has_tool) {
        doctor_ok(f, "a TPM, and systemd-creds to wrap keys with it");
    } else {
        doctor_lacks(f, has_tpm ? "Install systemd 252 or later." : "",
                     "no %s: a key of the vault cannot be bound to this machine's hardware.",
                     has_tpm ? "systemd-creds" : "TPM");
    }
}

static void look_service(struct doctor_finding *f, const char *root) {
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char path[4200];
    (void)root;
    snprintf(path, sizeof path, "%.4000s/systemd/private", runtime ? runtime : "");
    if (runtime && runtime[0] == '/' && access(path, F_OK) == 0) {
        doctor_ok(f, "systemd runs services for you: systemctl --user enable --now ingle.socket");
    } else {
        doctor_lacks(f, "Start it yourself: ingle serve.",
                     "no systemd for your user here: nothing of ingle is started by itself.");
    }
}

/* ---- folders ---- */

/* The folder, or the nearest above it that is there. */
static bool nearest_folder(char *path, struct stat *st) {
    while (stat(path, st) != 0) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || !slash || slash == path) return false;
        *slash = '\0';
    }
    return true;
}

static void look_folder(struct doctor_finding *f, const char *folder, bool is_private) {
    char path[USER_DIR_CAP];
    struct stat st;
    snprintf(path, sizeof path, "%s", folder);
    if (!nearest_folder(path, &st) || !S_ISDIR(st.st_mode)) {
        doctor_wrong(f, "Put a folder there, or name another in the environment.",
                     "'%.200s' is no folder.", path);
    } else if (access(path, W_OK | X_OK) != 0) {
        doctor_wrong(f, "Give it to your user, or name another in the environment.",
                     "'%.200s' cannot be written to: %s.", path, strerror(errno));
    } else if (strcmp(path, folder) != 0) {
        doctor_ok(f, "%.200s, not made yet", folder);
    } else if (st.st_uid != geteuid()) {
        doctor_wrong(f, "Give it to your user.", "'%.200s' belongs to another user.", path);
    } else if (is_private && (st.st_mode & 077)) {
        doctor_wrong(f, "chmod 700 makes it yours alone.",
                     "'%.200s' is open to other users: its mode is %03o.", path,
                     (unsigned)st.st_mode & 0777);
    } else {
        doctor_ok(f, "%.200s", path);
    }
}

static void no_home(struct doctor_finding *f) {
    doctor_wrong(f, "Set HOME.", "neither HOME nor the XDG variables name a folder.");
}

static void look_cache(struct doctor_finding *f, const char *root) {
    char path[USER_DIR_CAP];
    (void)root;
    if (user_cache_dir(path, "")) {
        look_folder(f, path, false);
    } else {
        no_home(f);
    }
}

/* What is below it is private even where it is not, if it was made by ingle. */
static void look_state(struct doctor_finding *f, const char *root) {
    static const char *const below[] = {"", "/keys", "/vault", "/audit"};
    char path[USER_DIR_CAP];
    (void)root;
    for (size_t i = 0; i < BASE_COUNT(below); i++) {
        if (!user_state_dir(path, below[i])) {
            no_home(f);
            return;
        }
        look_folder(f, path, i > 0);
        if (f->state != DOCTOR_OK) return;
    }
    if (user_state_dir(path, "")) look_folder(f, path, false);
}

/* ---- settings and log ---- */

static void look_settings(struct doctor_finding *f, const char *root) {
    struct config config;
    ingle_error err;
    (void)root;
    if (config_load(&config, &err) != INGLE_OK) {
        doctor_wrong(f, "Mend the line by hand.", "%.380s", err.msg);
        return;
    }
    int n = 0;
    for (int i = 0; i < CONFIG_N_KEYS; i++) n += config.values[i].source != CONFIG_DEFAULT;
    doctor_ok(f, "%d of %d are not the default (ingle config)", n, CONFIG_N_KEYS);
}

static void look_model(struct doctor_finding *f, const char *root) {
    char model[CONFIG_VALUE_MAX];
    (void)root;
    if (config_get(model, CONFIG_MODEL, NULL) != INGLE_OK) {
        doctor_lacks(f, "", "not known, since the settings cannot be read");
    } else if (!model[0]) {
        doctor_lacks(f, "Download a GGUF file, then: ingle config model FILE",
                     "none is set: commands that need one ask for -m.");
    } else if (access(model, R_OK) != 0) {
        doctor_wrong(f, "Set another: ingle config model FILE", "'%.200s' cannot be read: %s.",
                     model, strerror(errno));
    } else {
        doctor_ok(f, "%.200s", model);
    }
}

static void look_audit(struct doctor_finding *f, const char *root) {
    char folder[USER_DIR_CAP];
    struct audit_report report;
    ingle_error err;
    (void)root;
    if (!user_state_dir(folder, "/audit")) {
        no_home(f);
        return;
    }
    ingle_status status = audit_verify(&report, folder, NULL, NULL, NULL, &err);
    if (status == INGLE_NOT_FOUND) {
        doctor_ok(f, "empty");
    } else if (status == INGLE_UNSUPPORTED) {
        doctor_lacks(f, "Build ingle with libsodium.", "%s", err.msg);
    } else if (status != INGLE_OK) {
        doctor_wrong(f, "", "%s", err.msg);
    } else if (report.rule != AUDIT_RULE_NONE) {
        doctor_wrong(f,
                     "See ingle audit verify. Once you know why, move the folder away: a new log "
                     "begins.",
                     "record %llu breaks a rule: %s.", (unsigned long long)report.bad_seq,
                     audit_rule_text(report.rule));
    } else {
        doctor_ok(f, "%llu records, as they were written", (unsigned long long)report.n_records);
    }
}

const struct doctor_check doctor_user[] = {
    {"keyring", look_keyring}, {"hardware key", look_tpm}, {"services", look_service},
    {"cache", look_cache},     {"state", look_state},      {"settings", look_settings},
    {"model", look_model},     {"audit log", look_audit},
};
const size_t doctor_n_user = BASE_COUNT(doctor_user);
