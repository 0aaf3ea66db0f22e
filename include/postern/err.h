/* err.h - the one error object.  It cannot hold personal data. */
#ifndef POSTERN_ERR_H
#define POSTERN_ERR_H

enum err_kind {
	ERR_NONE,
	ERR_INPUT,     /* the request is unacceptable; never retry (400) */
	ERR_DENIED,    /* policy or rights forbid it; never retry (403) */
	ERR_ABSENT,    /* no such object (404) */
	ERR_BUSY,      /* nothing changed; the same call may work later (503) */
	ERR_UNCERTAIN, /* may have taken effect; reconcile before retrying */
	ERR_CORRUPT,   /* stored or received bytes failed their check */
	ERR_STORAGE,   /* the disk cannot be trusted: end this process */
	ERR_NOMEM,
};

struct err {
	enum err_kind kind;
	const char *where; /* static: set from __func__ */
	const char *what;  /* string literal, enforced by "" in ERR_SET */
	int native;	   /* errno, SQLite extended code, ...; 0 = none */
};

/* Fill *e and evaluate to -1, so that failing is one line. */
#define ERR_SET(e, kind, what, native) \
	err_set((e), (kind), __func__, "" what, (native))

/* err_set - the function behind ERR_SET.  Returns -1.  e may be NULL. */
int err_set(struct err *e, enum err_kind kind, const char *where,
	    const char *what, int native);

/* err_kind_name - "input", "denied", ... a static token for logs and JSON. */
const char *err_kind_name(enum err_kind kind);

/* err_http_status - 400, 403, 404, 503 or 500. */
unsigned int err_http_status(enum err_kind kind);

#endif
