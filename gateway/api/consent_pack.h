/* consent_pack.h - everything that proves one person's consent to one
 * purpose, put together once for each form it is handed out in. */
#ifndef POSTERN_API_CONSENT_PACK_H
#define POSTERN_API_CONSENT_PACK_H

#include "consent_read.h"
#include "postern/caldate.h"
#include "postern/consentrecord.h"
#include "postern/tongue.h"

#define PACK_CHANNELS_MAX 16
#define PACK_WORDINGS_MAX 64
#define PACK_HEX_BYTES	  65
#define PACK_KINDS_MAX	  8

struct pack_wording {
	uint8_t sha256[32];
	char hex[PACK_HEX_BYTES], iri[128];
	char language[LANGUAGE_BYTES], first[CALDATE_BYTES];
	struct buf text; /* with a NUL behind it */
};

struct pack {
	struct worker *w;
	int64_t person, now_ms;
	struct id_text person_id;
	char alias[ALIAS_BYTES], created[INSTANT_BYTES];
	struct policy_purpose purpose; /* as it is today */
	bool special;		       /* of Art. 9, by explicit consent */
	struct consent_lines *lines;
	struct name channels[PACK_CHANNELS_MAX]; /* "": every one */
	size_t channels_len;
	struct pack_wording *wordings[PACK_WORDINGS_MAX];
	size_t wordings_len;
	const char *data[PACK_KINDS_MAX]; /* terms of DPV */
	size_t data_len;
	/* Of the controller, where the settings do not tell it in parts. */
	char street[402], postal_code[17], city[101];
};

/*
 * pack_open - reads, opens and orders it.
 *
 *   channel	only this one; NULL: each that has an event
 *
 * Refuses with 404: nothing is known of it.  *ret is to be freed in every
 * case.
 */
int pack_open(struct worker *w, struct job *job, const struct name *purpose,
	      const struct name *channel, struct pack **ret, struct err *err);
void pack_free(struct pack **p); /* wipes */

/* Is the line about the channel at i? */
bool pack_on(const struct pack *p, size_t i, const struct consent_line *line);
/* Number of its wording from 1; 0: none is on record. */
size_t pack_wording_of(const struct pack *p, const struct consent_line *line);
/* The type of the channel's provider; "": not set up any more. */
const char *pack_via(const struct pack *p, size_t i);
/* The purpose in terms of DPV. */
const char *pack_term(const struct pack *p);
/* Where the controller is reached. */
void pack_controller(const struct pack *p, struct consentrecord_party *ret);

/* --- consent_forms.c ------------------------------------------------------ */

/* One record for each channel, as a receipt; NULL: no memory. */
json_t *pack_receipt(const struct pack *p);
/* The Kantara receipt of the channel at i. */
json_t *pack_kantara(const struct pack *p, size_t i);

/* --- consent_paper.c ------------------------------------------------------ */

int pack_paper(struct pack *p, enum tongue tongue, struct buf *ret,
	       struct err *err);

#endif
