/* ledgerentry.h - one entry of the proof log: canonical JSON that cannot hold
 * personal data, because no field takes a text.  Pure.
 *
 * {"act":"system","c":"<hex>","e":"consent.withdrawn","n":3,"obj":"msg_...",
 *  "pol":17,"r":"keyword","root":"<hex>","t":"2026-11-21T18:00:00Z","v":1}
 *
 * Keys sorted, no spaces; a field that says nothing is left out.  One instance
 * is one controller, so there is no tenant field: the origin of the log names
 * it.  The commitment is keyed with the person's audit key (keeper_add_commit)
 * and means nothing once that key is destroyed. */
#ifndef POSTERN_LEDGERENTRY_H
#define POSTERN_LEDGERENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/err.h"
#include "postern/id.h"
#include "postern/merkle.h"

/* A released number never changes its name; new ones are added anywhere. */
/* clang-format off */
#define LEDGER_EVENTS(X) \
	X(MESSAGES_ARCHIVED, "messages.archived") /* n, root: ledgerbatch.h */ \
	X(MESSAGES_CHANGED, "messages.changed") \
	X(MESSAGES_FORGOTTEN, "messages.forgotten") \
	X(NOTICE_SENT, "notice.sent") \
	X(CONSENT_REQUESTED, "consent.requested") \
	X(CONSENT_REMINDED, "consent.reminded") \
	X(CONSENT_GIVEN, "consent.given") \
	X(CONSENT_RENEWED, "consent.renewed") \
	X(CONSENT_REFUSED, "consent.refused") \
	X(CONSENT_DEFERRED, "consent.deferred") \
	X(CONSENT_WITHDRAWN, "consent.withdrawn") \
	X(CONSENT_REVOKED, "consent.revoked") \
	X(CONSENT_INVALIDATED, "consent.invalidated") \
	X(CONSENT_EXPIRED, "consent.expired") \
	X(CONSENT_SIGNAL, "consent.signal") \
	X(SEND_BLOCKED, "send.blocked") \
	X(SEND_HANDED_OVER, "send.handed_over") \
	X(REQUEST_OPENED, "request.opened") \
	X(REQUEST_CHANGED, "request.changed") /* r: the state it is in */ \
	X(REQUEST_ANSWERED, "request.answered") /* n: records erased */ \
	X(REQUEST_DECIDED, "request.decided") \
	X(REQUEST_CLOSED, "request.closed") \
	X(IDENTITY_JOINED, "identity.joined") \
	X(IDENTITY_SPLIT, "identity.split") \
	X(IDENTITY_VERIFIED, "identity.verified") \
	X(IDENTITY_RECTIFIED, "identity.rectified") \
	X(ACCESS_VIEWED, "access.viewed") \
	X(ACCESS_EXPORTED, "access.exported") \
	X(DISCLOSURE_MADE, "disclosure.made") \
	X(RESTRICT_SET, "restrict.set") \
	X(RESTRICT_LIFTED, "restrict.lifted") \
	X(HOLD_PLACED, "hold.placed") \
	X(HOLD_APPROVED, "hold.approved") \
	X(HOLD_REVIEWED, "hold.reviewed") \
	X(HOLD_RELEASED, "hold.released") \
	X(ERASE_PLANNED, "erase.planned") \
	X(ERASE_EXECUTED, "erase.executed") \
	X(ERASE_VERIFIED, "erase.verified") \
	X(CLOCK_CONFIRMED, "clock.confirmed") \
	X(SWEEP_APPROVED, "sweep.approved") \
	X(KEY_CREATED, "key.created") \
	X(KEY_ROTATED, "key.rotated") \
	X(KEY_DESTROYED, "key.destroyed") \
	X(KEYS_LOCKED, "keys.locked") \
	X(KEYS_UNLOCKED, "keys.unlocked") \
	X(TOKEN_CREATED, "token.created") \
	X(TOKEN_REVOKED, "token.revoked") \
	X(BACKUP_MADE, "backup.made") \
	X(BACKUP_EXPIRED, "backup.expired") \
	X(BACKUP_RESTORED, "backup.restored") /* n, root: of the log then */ \
	X(BACKUP_REPLAYED, "backup.replayed") \
	X(POLICY_PROPOSED, "policy.proposed") \
	X(POLICY_APPROVED, "policy.approved") \
	X(POLICY_CHANGED, "policy.changed") \
	X(POLICY_STOPPED, "policy.stopped") \
	X(STAFF_REVEAL, "staff.reveal") \
	X(RECIPIENT_TOLD, "recipient.told") \
	X(RECIPIENT_CONFIRMED, "recipient.confirmed") \
	X(RECIPIENT_FAILED, "recipient.failed") \
	X(BREACH_OPENED, "breach.opened") \
	X(BREACH_DECIDED, "breach.decided") \
	X(BREACH_NOTIFIED, "breach.notified") \
	X(BREACH_CLOSED, "breach.closed") \
	X(CANARY_MADE, "canary.made") \
	X(CANARY_TOUCHED, "canary.touched") \
	X(CANARY_ENDED, "canary.ended") \
	X(IMPORT_MADE, "import.made") \
	X(IMPORT_SUPPRESSED, "import.suppressed") \
	X(QUARANTINE_ADDED, "quarantine.added") \
	X(QUARANTINE_REPLAYED, "quarantine.replayed") \
	X(OUTBOX_DROPPED, "outbox.dropped") \
	X(LOG_CHECKPOINT, "log.checkpoint") \
	X(LOG_TIMESTAMP, "log.timestamp") \
	X(LOG_KEY_ROTATED, "log.key_rotated") \
	X(LOG_PRUNED, "log.pruned") /* n: the first index that stays */
#define LEDGER_REASONS(X) \
	X(NONE, "") \
	X(KEYWORD, "keyword") X(REPLY, "reply") X(LINK, "link") \
	X(ONE_CLICK, "one_click") X(API, "api") X(PROVIDER, "provider") \
	X(TIME, "time") X(POLICY, "policy") X(CUSTOMER, "customer") \
	X(RETENTION, "retention") X(REQUEST, "request") \
	X(IMPORT, "import") \
	/* send.blocked: the words of the judge, worker/consent.h */ \
	X(CONSENT_MISSING, "consent_missing") \
	X(CONSENT_WITHDRAWN, "consent_withdrawn") \
	X(CONSENT_EXPIRED, "consent_expired") \
	X(CONSENT_SUPPRESSED, "consent_suppressed") \
	X(CONSENT_MINOR, "consent_minor") X(OBJECTION, "objection") \
	X(WINDOW_CLOSED, "window_closed") \
	X(MECHANISM_INVALID, "mechanism_invalid") \
	X(PERSON_RESTRICTED, "person_restricted") \
	/* request.opened: what is asked for */ \
	X(ERASURE, "erasure") X(ACCESS, "access") \
	X(RECTIFICATION, "rectification") X(RESTRICTION, "restriction") \
	X(PORTABILITY, "portability") X(WITHDRAWAL, "withdrawal") \
	/* request.changed, .decided, .closed: rights/rights.h */ \
	X(IDENTITY_PENDING, "identity_pending") X(VERIFIED, "verified") \
	X(IN_PROGRESS, "in_progress") X(EXTENDED, "extended") \
	X(EXECUTING, "executing") \
	X(WAITING_RECIPIENTS, "waiting_recipients") \
	X(WAITING_BACKUPS, "waiting_backups") \
	X(FAILED_RETRY, "failed_retry") X(DECIDED, "decided") \
	X(COMPLETED, "completed") X(REFUSED, "refused") \
	X(WITHDRAWN, "withdrawn") X(DUPLICATE, "duplicate") \
	X(EXPIRED, "expired") \
	/* restrict.set: Art. 18(1) GDPR */ \
	X(GROUND_A, "ground_a") X(GROUND_B, "ground_b") \
	X(GROUND_C, "ground_c") X(GROUND_D, "ground_d") \
	/* policy.changed, policy.stopped: lifecycle/version.h */ \
	X(INSTALLED, "installed") X(STOPPED, "stopped") \
	X(OPERATOR, "operator") X(OVERTAKEN, "overtaken") \
	X(EFFECT, "effect") X(NAMES, "names") X(TAMPERED, "tampered") \
	X(UNREADABLE, "unreadable") \
	/* staff.reveal: the other role agreed */ \
	X(APPROVED, "approved") \
	/* backup.made, backup.restored, outbox.dropped: of what */ \
	X(KEYS, "keys") X(DATA, "data") X(RESTORED, "restored") \
	/* canary.touched: how */ \
	X(VIEWED, "viewed") X(EXPORTED, "exported") \
	X(FORWARDED, "forwarded") X(ASKED, "asked") \
	/* breach.decided, breach.notified: Art. 33, 34 GDPR */ \
	X(NO_RISK, "no_risk") X(RISK, "risk") X(HIGH_RISK, "high_risk") \
	X(AUTHORITY, "authority") X(SUBJECTS, "subjects")
/* clang-format on */

enum ledger_event {
#define X(id, name) LEDGER_##id,
	LEDGER_EVENTS(X)
#undef X
	    LEDGER_EVENTS_COUNT
};
enum ledger_reason {
#define X(id, name) LEDGER_R_##id,
	LEDGER_REASONS(X)
#undef X
	    LEDGER_REASONS_COUNT
};
const char *ledger_event_name(enum ledger_event event);
const char *ledger_reason_name(enum ledger_reason reason);
/* -1: none has this name. */
int ledger_event_named(const char *name, size_t len);
int ledger_reason_named(const char *name, size_t len);

enum ledger_actor {
	LEDGER_SYSTEM,
	LEDGER_SUBJECT,
	LEDGER_STAFF, /* "st_" and the pseudonym of this year */
	LEDGER_PROVIDER,
};
/* Keyed hash of the year and the token's id (keeper, use "staff"). */
#define LEDGER_STAFF_HEX 16

struct ledger_entry {
	enum ledger_event event;
	int64_t at_ms; /* UTC; told to the second */
	enum ledger_actor actor;
	char staff[LEDGER_STAFF_HEX + 1]; /* lower hex */
	enum id_kind object_kind;
	int64_t object; /* what it is about; never a person; 0: nothing */
	bool committed;
	uint8_t commitment[32];
	int64_t policy; /* its version; 0: none */
	enum ledger_reason reason;
	bool counted;
	uint64_t count;
	bool rooted;
	struct merkle_hash root;
};
#define LEDGER_ENTRY_MAX 512
/* Of policy and count: what every reader of JSON takes (RFC 7493, 2.2). */
#define LEDGER_NUMBER_MAX ((INT64_C(1) << 53) - 1)

/*
 * ledger_entry_print - canonical bytes onto ret, at most LEDGER_ENTRY_MAX.
 *
 *   mask	may be NULL when object is 0
 *
 * Allocates only what ret has to grow.  ERR_INPUT: a value that no entry can
 * have: about a person, a time before 1970 or after 9999, a number too large,
 * a pseudonym that is none.
 */
int ledger_entry_print(const struct ledger_entry *e, const struct id_mask *mask,
		       struct buf *ret, struct err *err);
/* What a reader without the id mask can know. */
struct ledger_told {
	enum ledger_event event;
	int64_t at_ms;
	enum ledger_actor actor;
	char staff[LEDGER_STAFF_HEX + 1];
	struct id_text object; /* "": none */
	bool committed;
	uint8_t commitment[32];
	int64_t policy;
	enum ledger_reason reason;
	bool counted;
	uint64_t count;
	bool rooted;
	struct merkle_hash root;
};
/* The inverse of ledger_entry_parse; errors as ledger_entry_print. */
int ledger_told_print(const struct ledger_told *t, struct buf *ret,
		      struct err *err);
/* The schema check: exactly the canonical bytes of an entry, nothing else.
 * ERR_INPUT says what is wrong. */
int ledger_entry_parse(const void *bytes, size_t len, struct ledger_told *ret,
		       struct err *err);

#endif
