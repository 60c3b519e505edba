#include "daemon/http/tls_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define LIBRARY "libssl.so." TEXT(OPENSSL_SHLIB_VERSION)

static struct tls_library functions;
static bool is_there;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool find(void *library, const char *name, void *member) {
    void *symbol = dlsym(library, name);
    memcpy(member, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    is_there = library != NULL;
#define TLS_FIND(name) is_there = is_there && find(library, #name, &functions.name);
    TLS_FUNCTIONS(TLS_FIND)
#undef TLS_FIND
}

const struct tls_library *tls_library(void) {
    (void)pthread_once(&once, load);
    return is_there ? &functions : NULL;
}
