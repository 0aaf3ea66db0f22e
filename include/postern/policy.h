/* policy.h - facts in, decision and reasons out.
 *
 * Pure: no clock, no I/O, no SQL.  The same function decides a message, a
 * reply, and later a sweep, a request, a simulation and a test. */
#ifndef POSTERN_POLICY_H
#define POSTERN_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/diag.h"
#include "postern/name.h"

struct policy;

#define POLICY_DIGEST_BYTES 32

/* bytes of policy.yaml.  Returns 0, or -1 with findings. */
int policy_parse(const uint8_t *bytes, size_t len, struct diag *diag,
		 struct policy **ret);
void policy_free(struct policy **p);
/* BLAKE2b-256 of the bytes. */
const uint8_t *policy_digest(const struct policy *p);

/* Names that settings refer to must exist in the policy and the other way
 * round; reported into diag.  Returns the number of findings added. */
size_t policy_check_names(const struct policy *p, const struct name *channels,
			  size_t channels_len, const struct name *helpdesks,
			  size_t helpdesks_len, struct diag *diag);

/* What is read and checked but has no effect yet, one remark each: the file
 * never promises silently what nobody does. */
void policy_notes(const struct policy *p, struct diag *notes);
/* The purpose of what is sent on a channel; NULL for an unknown channel. */
const struct name *policy_purpose(const struct policy *p,
				  const struct name *channel);
/* Does the policy have a Datenart of this name (tagging)? */
bool policy_has_data(const struct policy *p, const struct name *datenart);

enum policy_act {
	ACT_RECEIVE, /* store and forward an inbound event */
	ACT_SEND,    /* hand a reply to a provider */
};

enum policy_person { PERSON_ALIAS, PERSON_NAME, PERSON_ADDRESS };

struct policy_facts {
	enum policy_act act;
	const struct name *channel;
	const struct name *helpdesk; /* may be NULL: no route */
	bool media;		     /* has attachments */
	const char *purpose;	     /* of a send; NULL: the channel's */
	bool consented; /* consent to that purpose was given and proved; nothing
			 * records one yet, so it is false: fail closed */
	bool withdrawn; /* consent to that purpose was withdrawn */
	bool window_open; /* provider's reply window */
	bool template_message;
};

#define POLICY_REASONS_MAX 8
struct policy_reason {
	const char *code; /* static: "channel.data", "helpdesk.sees" */
	size_t line;	  /* of policy.yaml; 0 = built in */
};

struct policy_decision {
	bool store, forward, send;
	bool window_closed; /* send refused only because of the window */
	struct name datenart, media_datenart;
	enum policy_person person;
	bool sees_text, sees_attachments;
	struct policy_reason reasons[POLICY_REASONS_MAX];
	size_t reasons_len;
};

void policy_decide(const struct policy *p, const struct policy_facts *facts,
		   struct policy_decision *ret);

#endif
