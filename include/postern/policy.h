/* policy.h - facts in, decision and reasons out.
 *
 * Pure: no clock, no I/O, no SQL.  The same function decides a message, a
 * reply, a customer's deletion, a simulation and a test. */
#ifndef POSTERN_POLICY_H
#define POSTERN_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/consent.h"
#include "postern/diag.h"
#include "postern/keyword.h"
#include "postern/name.h"
#include "postern/period.h"
#include "postern/retention.h"
#include "postern/zone.h"

struct policy;

#define POLICY_DIGEST_BYTES 32
#define LANGUAGE_BYTES	    3 /* "de" */

/* bytes of policy.yaml.  Returns 0, or -1 with findings. */
int policy_parse(const uint8_t *bytes, size_t len, struct diag *diag,
		 struct policy **ret);
void policy_free(struct policy **p);
/* The bytes it was made of, and BLAKE2b-256 over them. */
const uint8_t *policy_source(const struct policy *p, size_t *ret_len);
const uint8_t *policy_digest(const struct policy *p);
const struct name *policy_name(const struct policy *p);
int64_t policy_version(const struct policy *p);

/* Names that settings refer to must exist in the policy and the other way
 * round; reported into diag.  Returns the number of findings added. */
size_t policy_check_names(const struct policy *p, const struct name *channels,
			  size_t channels_len, const struct name *helpdesks,
			  size_t helpdesks_len, struct diag *diag);

/* What is read and checked but has no effect yet, or is hard to justify, one
 * remark each: the file never promises silently what nobody does. */
void policy_notes(const struct policy *p, struct diag *notes);
/* The purpose of what is sent on a channel; NULL for an unknown channel. */
const struct name *policy_purpose(const struct policy *p,
				  const struct name *channel);
/* Does the policy have a Datenart of this name (tagging)? */
bool policy_has_data(const struct policy *p, const struct name *datenart);

/* --- one decision --------------------------------------------------------- */

enum policy_act {
	ACT_RECEIVE, /* store and forward an inbound message */
	ACT_EDIT,    /* its sender changed it */
	ACT_DELETE,  /* its sender deleted it */
	ACT_SEND,    /* hand a reply to a provider */
};

enum policy_person { PERSON_ALIAS, PERSON_NAME, PERSON_ADDRESS };

/* Of the channel's provider: contract and transfer (compliance 2.8). */
enum policy_mechanism { MECHANISM_VALID, MECHANISM_OVERDUE, MECHANISM_INVALID };

/* Of what the settings say: "invalid", or a review ("2027-03-01") that was due
 * before today. */
enum policy_mechanism policy_mechanism(const char *mechanism,
				       const char *review, int64_t today);

/* A point in time as the controller's clock on the wall shows it. */
struct policy_local {
	int64_t day; /* caldate.h */
	int minute;  /* of the day */
};

/* Kinds of media, as bits. */
enum media_bit {
	MEDIA_IMAGE = 1,
	MEDIA_AUDIO = 2,
	MEDIA_VIDEO = 4,
	MEDIA_DOCUMENT = 8,
	MEDIA_STICKER = 16,
};
#define MEDIA_EVERY 31u
/* "image" -> MEDIA_IMAGE; whatever is not named there is a document. */
unsigned int policy_media_bit(const char *kind);

enum strip_bit { STRIP_PLACE = 1, STRIP_DEVICE = 2 };

struct policy_facts {
	enum policy_act act;
	const struct name *channel;
	const struct name *helpdesk; /* may be NULL: no route */
	const struct name *datenart; /* conversation tagged so; NULL: not */
	const char *normal; /* keyword_normalise of the text; NULL: none */
	size_t normal_len;
	bool media; /* has an attachment */
	const char *media_kind;
	int64_t media_bytes; /* -1 unknown */
	const char *purpose; /* of a send; NULL: the channel's */
	/* Send: of that purpose on this channel.  Receive: of the purpose the
	 * channel asks for. */
	enum consent_state consent;
	bool suppressed;      /* an address stands on the suppression list */
	bool restricted;      /* Art. 18, or held */
	bool minor;	      /* may be under 16, and no guardian said yes */
	bool noticed;	      /* was sent this wording of the notice before */
	const char *language; /* "de"; NULL: not known */
	const char *land;     /* "BE"; NULL: holidays of every Land */
	struct policy_local local;
	bool told_closed; /* was told today that the office is closed */
	enum policy_mechanism mechanism;
	bool window_open; /* provider's reply window */
	bool template_message;
	/* Send: the gateway's own, as a law orders it: a notice, a question,
	 * the answer to a keyword. */
	bool automatic;
};

struct policy_notice { /* a text that is sent */
	struct name name;
	char language[LANGUAGE_BYTES]; /* "" when the file does not say */
	const char *text;
	size_t text_len;
	const char *url;    /* second layer; NULL: none */
	uint8_t sha256[32]; /* of text */
	size_t line;	    /* 0 = built in */
};

enum policy_say_kind {
	SAY_NOTICE,  /* Art. 13 */
	SAY_ASK,     /* for consent */
	SAY_STOPPED, /* the neutral confirmation of STOP */
	SAY_HELP,
	SAY_ERASE,
	SAY_ACCESS,
	SAY_OUTSIDE, /* of office hours */
	SAY_KINDS,
};
const char *policy_say_name(enum policy_say_kind kind); /* "notice", ... */

struct policy_say {
	enum policy_say_kind kind;
	const struct policy_notice *notice;
	const struct name *purpose; /* SAY_ASK */
};

enum policy_forget { FORGET_ALL, FORGET_MASK, FORGET_NOT };

#define POLICY_REASONS_MAX 24
#define POLICY_SAY_MAX	   4
struct policy_reason {
	const char *code;    /* static: "channel.data", "helpdesk.sees" */
	size_t line;	     /* of policy.yaml; 0 = built in */
	const char *article; /* static; NULL: none */
};

struct policy_decision {
	bool store, forward, send;
	bool quarantine;    /* instead of storing: nobody reads it for now */
	bool window_closed; /* send refused only because of the window */
	bool reduced;	    /* forwarded without what it says */
	bool hold;	    /* not forwarded until a consent is given; when
			     * hold_for is over, forgotten */
	struct period hold_for;
	struct name datenart, media_datenart;
	bool media_refused; /* its attachment is not fetched */
	unsigned int strip; /* strip_bit */
	enum policy_person person;
	bool sees_text, sees_attachments;
	enum keyword_class keyword; /* receive */
	bool special;		    /* Art. 9 */
	enum policy_forget forget;  /* edit, delete */
	struct name keep_as;	    /* FORGET_NOT */
	struct policy_say say[POLICY_SAY_MAX];
	size_t say_len;
	struct policy_reason reasons[POLICY_REASONS_MAX];
	size_t reasons_len;
};

void policy_decide(const struct policy *p, const struct policy_facts *facts,
		   struct policy_decision *ret);

/* --- what the policy says, for those who act on it ------------------------
 *
 * Everything handed out is borrowed from the policy.  Reads by index return
 * false (or NULL) past the end. */

struct policy_purpose {
	struct name name;
	enum legal_basis basis;
	bool marketing; /* STOP and objection reach it */
	bool double_opt_in, minors_refused;
	bool has_valid, has_reminder;
	struct period valid, reminder;
	struct period pending; /* how long a question waits */
	const char *interest;  /* basis legitimate_interest; else NULL */
	const char *dpv;       /* "DirectMarketing" */
	const char *special;   /* basis of Art. 9(2); NULL: none */
	size_t line;
};
/* As it is on channel; channel NULL: in general. */
bool policy_purpose_at(const struct policy *p, size_t i,
		       const struct name *channel, struct policy_purpose *ret);
bool policy_purpose_of(const struct policy *p, const struct name *purpose,
		       const struct name *channel, struct policy_purpose *ret);
/* The wordings of a purpose on a channel; NULL: none. */
const struct policy_notice *policy_ask(const struct policy *p,
				       const struct name *purpose,
				       const struct name *channel,
				       const char *language);
const struct policy_notice *policy_confirmed(const struct policy *p,
					     const struct name *purpose,
					     const struct name *channel,
					     const char *language);
/* The notice of first contact on a channel; NULL: none. */
const struct policy_notice *policy_first_notice(const struct policy *p,
						const struct name *channel,
						const char *language);
/* Is the channel's office open?  Without hours of its own it always is. */
bool policy_channel_open(const struct policy *p, const struct name *channel,
			 const struct policy_local *local, const char *land);
/* What START asks for on a channel; NULL: nothing. */
const struct name *policy_start_purpose(const struct policy *p,
					const struct name *channel);
const struct policy_notice *policy_notice_at(const struct policy *p, size_t i);

/* Blocks of an information notice (Art. 13, 14 GDPR; compliance 2.5). */
enum notice_block {
	BLOCK_CONTROLLER,
	BLOCK_CONTACT,
	BLOCK_DPO,
	BLOCK_PURPOSES,
	BLOCK_LEGITIMATE_INTEREST,
	BLOCK_RECIPIENTS,
	BLOCK_TRANSFER,
	BLOCK_PERIOD,
	BLOCK_RIGHTS,
	BLOCK_WITHDRAW_RIGHT,
	BLOCK_COMPLAINT,
	BLOCK_OBLIGATION,
	BLOCK_AUTOMATED_DECISION,
	BLOCK_SOURCE,
	NOTICE_BLOCKS,
};
/* What the file says in a block of notice i; NULL: nothing, or auto. */
const char *policy_notice_block(const struct policy *p, size_t i,
				enum notice_block block);

/* Events a period starts at (DIN 66398; compliance 3.2). */
enum policy_start {
	START_COLLECTION,
	START_PROCESS_END,
	START_RELATIONSHIP_END,
	START_WITHDRAWAL,
	START_LAST_USE,
	START_REQUESTED,
	START_COMPLETED,
	START_CLOSED,
	POLICY_STARTS,
};
const char *policy_start_name(enum policy_start start);

struct policy_rule { /* a Datenart */
	struct name name;
	enum policy_start from;
	bool has_keep, has_delete, has_statutory, has_restrict, special,
	    overwrite_only;
	struct period keep, delete_by;
	const char *norm; /* has_statutory */
	int64_t years;
	bool year_end;
	struct period after; /* statutory: time the deletion may take */
	enum policy_start restrict_from;
	struct period restrict_after;
	const char *description, *subjects, *owner, *justification; /* NULL */
	size_t line;
};
bool policy_rule_at(const struct policy *p, size_t i, struct policy_rule *ret);
bool policy_rule_of(const struct policy *p, const struct name *name,
		    struct policy_rule *ret);

enum policy_first_contact { FIRST_NOTHING, FIRST_NOTICE, FIRST_CONSENT };
enum policy_until { UNTIL_HOLD_BACK, UNTIL_REDUCED, UNTIL_REFUSE };

struct policy_channel {
	struct name name, purpose, data, media_data;
	struct name asks; /* purpose asked for at first contact; "" = none */
	enum policy_first_contact first_contact;
	enum policy_until until; /* FIRST_CONSENT */
	struct period until_for;
	unsigned int media_kinds, strip;
	int64_t media_max;
	bool has_hours;
	enum policy_forget on_delete, on_edit;
	size_t line;
};
bool policy_channel_at(const struct policy *p, size_t i,
		       struct policy_channel *ret);
bool policy_channel_of(const struct policy *p, const struct name *name,
		       struct policy_channel *ret);

struct policy_helpdesk {
	struct name name;
	bool text, attachments;
	enum policy_person person;
	size_t line;
};
bool policy_helpdesk_at(const struct policy *p, size_t i,
			struct policy_helpdesk *ret);
/* Is the helpdesk told of messages of this Datenart? */
bool policy_helpdesk_sees(const struct policy *p, const struct name *helpdesk,
			  const struct name *datenart);

/* Neutral confirmations; never NULL: German and English are built in. */
enum policy_reply {
	REPLY_STOPPED,
	REPLY_HELP,
	REPLY_ERASE,
	REPLY_ACCESS,
	REPLIES,
};
#define BUILTIN_REPLIES 8
const struct policy_notice *policy_reply(const struct policy *p,
					 enum policy_reply reply,
					 const char *language);

/* What redact looks for. */
enum policy_find {
	FIND_IBAN,
	FIND_CARD,
	FIND_EMAIL,
	FIND_PHONE,
	FIND_TAX_ID,
	FIND_SOCIAL_INSURANCE,
	FIND_PATTERN, /* a shape of the policy's own */
	FINDS,
};
const char *policy_find_name(enum policy_find find); /* "iban" */

struct policy_finder {
	enum policy_find find;
	const char *name;  /* "iban", or the pattern's */
	const char *shape; /* FIND_PATTERN: # digit, @ letter, ? either */
	size_t line;
};
enum redact_moment { BEFORE_STORE, BEFORE_FORWARD };
/* The finders for a channel and moment; their number, at most max. */
size_t policy_finders(const struct policy *p, const struct name *channel,
		      enum redact_moment moment, struct policy_finder *ret,
		      size_t max);
#define POLICY_FINDERS_MAX 64
/* Adds the reason why something was taken out of a text of this message. */
void policy_took_out(struct policy_decision *d,
		     const struct policy_finder *finder,
		     enum redact_moment moment);

/* Words of the policy beside the built-in ones, for keyword_classify. */
const struct keyword_word *policy_keywords(const struct policy *p,
					   size_t *ret_len);

struct policy_approvals {
	int64_t policy, hold, unmask; /* people who have to agree */
	struct period delay;	      /* before a shorter rule takes effect */
	int64_t tolerance; /* percent the effect may differ from the pinned */
};
struct policy_approvals policy_approvals(const struct policy *p);

/* --- tests inside the policy ---------------------------------------------- */

struct policy_test_facts {	     /* what the tests take from outside */
	const char *land, *language; /* NULL: not known */
	const struct zone *zone;     /* of the controller; NULL: UTC */
};
/* One test; ret_why: "expected forward desk, got none", "" when it passed.
 * Returns false past the end. */
bool policy_test_run(const struct policy *p, size_t i,
		     const struct policy_test_facts *facts,
		     const char **ret_name, size_t *ret_line, char *ret_why,
		     size_t ret_why_size);
size_t policy_tests_len(const struct policy *p);
/* A finding for each test that fails; their number. */
size_t policy_tests_check(const struct policy *p,
			  const struct policy_test_facts *facts,
			  struct diag *diag);

/* A rule that no test names. */
struct policy_uncovered {
	const char *kind; /* static: "purpose", "Datenart", "redact", ... */
	const char *name;
	size_t line, column;
};
struct policy_coverage;
/* Returns 0, or -1: out of memory. */
int policy_coverage_new(const struct policy *p,
			const struct policy_test_facts *facts,
			struct policy_coverage **ret);
/* The i-th of them; false past the end. */
bool policy_coverage_at(const struct policy_coverage *c, size_t i,
			struct policy_uncovered *ret);
void policy_coverage_free(struct policy_coverage **c);

#endif
