/* paper.h - what the papers share. */
#ifndef POSTERN_RENDER_PAPER_H
#define POSTERN_RENDER_PAPER_H

#include "page.h"

struct paper {
	struct page *pg;
	const struct policy *p;
	const struct render_instance *in;
};

/* Language of a paper: as TR(), of its page. */
#define PR(w, de, en) TR(&(w)->pg->t, de, en)

void paper_concept(const struct paper *w);  /* paper_concept.c */
void paper_record(const struct paper *w);   /* paper_record.c */
void paper_channels(const struct paper *w); /* paper_channels.c */
void paper_measures(const struct paper *w); /* paper_measures.c */
/* Each Datenart with its rule (paper_catalogue.c). */
void paper_catalogue(const struct paper *w);
/* The blocks of an information notice for one channel (paper_notice.c). */
void paper_notice(const struct paper *w, const struct channel_rule *c);

/* --- paper_facts.c -------------------------------------------------------- */

/* What the settings say of a channel; NULL: nothing. */
const struct render_channel *paper_channel(const struct paper *w,
					   const struct name *name);
/* May messages of the channel, their attachments or what is kept of them be
 * of this Datenart? */
bool paper_uses(const struct paper *w, const struct channel_rule *c,
		const struct name *data);
/* The same, or it belongs to no channel and so to each: contact data,
 * consents, what a helpdesk tags. */
bool paper_concerns(const struct paper *w, const struct channel_rule *c,
		    const struct name *data);
/* Names of what makes the claim true, with commas; how many there were. */
size_t paper_purposes(const struct paper *w, struct prose *t,
		      const struct rule *rule);
/* The safeguard of a transfer, in words; the country, or NULL. */
const char *paper_safeguard(enum tongue tongue, const char *mechanism);
const char *paper_country(enum tongue tongue, const char *mechanism);
/* The authority people may complain to; NULL: the Land is not known. */
const char *paper_authority(const char *land);
const char *paper_authority_site(const char *land);

/* --- what this version does ----------------------------------------------- */

/* The papers promise nothing nobody does: each of these becomes true with the
 * change that does it. */
enum paper_feature {
	FEATURE_ALWAYS, /* sealing, keys per person, no personal data in logs */
	FEATURE_SWEEP,	/* deletion runs by the periods */
	FEATURE_HOLD,
	FEATURE_RESTRICT,
	FEATURE_REPLAY,	    /* a restore repeats the erasures */
	FEATURE_RECIPIENTS, /* recipients are told of an erasure */
	FEATURE_REQUESTS,   /* access, portability */
	FEATURE_LEDGER,	    /* the tamper-evident log, time stamps */
	FEATURE_CONSENT,    /* consent is asked for, recorded and shown */
	FEATURE_REDACT,
	FEATURE_APPROVALS,
	FEATURE_UNMASK, /* approvals before an alias is revealed */
	FEATURES,
};
bool paper_built(enum paper_feature feature);
const char *paper_state(enum tongue tongue, enum paper_feature feature);

#endif
