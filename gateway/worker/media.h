/* media.h - the parts of step media, for each other only. */
#ifndef POSTERN_WORKER_MEDIA_H
#define POSTERN_WORKER_MEDIA_H

#include <jansson.h>
#include <sodium.h>

#include "postern/picture.h"
#include "worker.h"

#define MEDIA_IN_FLIGHT_MAX 4

enum media_phase { MEDIA_LOCATE, MEDIA_FETCH, MEDIA_DELETE };

/* One attachment in work. */
struct media_flight {
	struct worker *w;
	enum media_phase phase;
	bool under_way, answered;
	/* The row. */
	int64_t id, conversation, attempts, created_ms;
	struct key_ref key_ref;
	int channel;
	bool wanted; /* else: tidy */
	/* Opened by the keeper; wiped with the flight. */
	json_t *media;
	uint8_t key[32];
	/* Fetching. */
	struct sealedfile *file;
	char file_name[33];
	crypto_hash_sha256_state hash;
	int64_t bytes, bytes_expected; /* -1 unknown */
	bool hash_known, renewed, disk_failed, row_written;
	/* media_picture.c: the policy wants pictures stripped. */
	bool strips, unreadable;
	struct buf clear; /* what has come of one, or of the first bytes */
	uint8_t hash_expected[32];
	char url[2048];
	struct channel_outcome outcome;
};

struct media {
	struct media_flight *flights[MEDIA_IN_FLIGHT_MAX];
	int64_t next_boot_ms; /* look for due rows then */
};

/* --- media_flight.c ------------------------------------------------------- */
/* Opens the row's sealed part and starts its first call.  Returns 0, or -1
 * with ERR_ABSENT (key destroyed), ERR_CORRUPT, ERR_BUSY, ... */
int media_flight_open(struct media_flight *f, const void *sealed,
		      size_t sealed_len, struct err *err);
/* Starts the call of f->phase.  ERR_INPUT: it is impossible. */
int media_flight_call(struct media_flight *f, struct err *err);
/* After MEDIA_LOCATE: takes address, length and hash.  Returns NULL, or the
 * reason why this attachment is not to be fetched. */
const char *media_flight_located(struct media_flight *f);
/* After MEDIA_FETCH: are length and hash right? */
bool media_flight_complete(struct media_flight *f);
void media_flight_free(struct media_flight **f); /* wipes; unlinks a file */

/* --- media_picture.c ------------------------------------------------------ */
/* Asks the policy in force what becomes of pictures. */
void media_picture_begin(struct media_flight *f);
/* Takes bytes as they come: seals them, or gathers them when they may be a
 * picture to be stripped.  ERR_INPUT: a picture larger than is stripped. */
int media_picture_take(struct media_flight *f, const uint8_t *bytes, size_t len,
		       struct err *err);
/* All has come and is what was announced: strips and seals what was gathered;
 * f->bytes becomes the length of what was sealed.  ERR_INPUT: it cannot be
 * stripped and must not be kept. */
int media_picture_end(struct media_flight *f, struct err *err);

/* --- media_orphans.c ------------------------------------------------------ */
/* Removes files no row names, made since the last time this ran. */
int media_orphans_remove(struct worker *w, struct err *err);

#endif
