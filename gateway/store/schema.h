/* schema.h - the tables, and how they came to be.  One meaning for every
 * engine; the SQL here is the SQLite form.
 *
 * Sealed columns end in _sealed and hold sealed.h bytes made by the keeper
 * under (person, Datenart, year) with the row's id as record; keyed hashes
 * end in _hash.  Nothing else in here is personal data.  Times are UTC ms.
 *
 * A version that was released never changes: a new one is a step in
 * migrate.c, and a new archive takes all the steps.
 *
 * meta		schema, id_mask, spool_segment, spool_offset, ...
 * person	joined_into: this person turned out to be that one.  Keys of
 *		old rows keep the old person id; erasure follows the chain.
 *		profile_sealed: FIELD_PROFILE under Datenart CONTACT.
 * address	One address of a person and when it was theirs; to_ms NULL:
 *		now.  address_sealed: FIELD_ADDRESS under CONTACT, year.
 * conversation	datenart: set by tagging, else NULL = the channel's.
 * message	direction: in, out.  kind: text, image, ..., edit, delete,
 *		reaction, echo.  state: in: received, edited, deleted; out:
 *		queued, sent, delivered, read, played, failed, unknown.
 *		key_person: whose key sealed it.  target: message edited,
 *		deleted, reacted to or replied to.  content_sealed:
 *		FIELD_CONTENT, JSON {"text","id" (provider's),"reply_to",
 *		"emoji","removed","template","why" (reasons),"notice" (name),
 *		"redacted" (what was taken out before it was stored)}.
 *		policy: first 8 bytes of the
 *		policy digest as integer.  Rows are added in the order of
 *		their ids.
 * provider_ref	(1) Provider ids: 16 bytes of the blind index of kind "wamid"
 *		style ids, over "account 0x1f id [0x1f status]".
 *		De-duplicates, and finds the target of edits, deletions,
 *		statuses, replies.  Since 2 in run_young and run.
 * tombstone	A deletion that came before its message.
 * attachment	state: wanted, kept, failed (reason), outgoing (given by a
 *		helpdesk), gone.  media_sealed: FIELD_MEDIA, JSON
 *		{"id","name","mime","sha256"}.  file: name below media/.
 *		tidy: 1 the provider's copy is still to be deleted.
 * outbox	What is still to be told.  kind: helpdesk, channel.
 *		destination: helpdesk or channel name.  type:
 *		message.received ..., or send, read.  state: waiting, unknown
 *		(outcome not known, waits for a status), dead.  detail: status
 *		token of message.status.  Delivered rows are deleted.  A row
 *		waits while its message has an attachment in state wanted.
 * consent_event kind: withdrawn, optin_signal.  source: provider,
 *		error_131050.
 * quarantine	raw_sealed: FIELD_RAW under person 0, Datenart RAW.
 * token	scopes: space-separated.  token_hash: keeper hash of use token.
 * idempotency	key_hash over token id, route, Idempotency-Key.  state: open,
 *		done.  answer: JSON without personal data.
 * run		(2) A sorted run (runs.h).  kind: enum runs_kind.  state:
 *		making, live, dead.  up_to: what it covers: of run_young or of
 *		message.  fences, filter: runs.h.
 * run_block	(2) id: run << 20 | number.  entries: sorted.
 * run_young	(2) Provider ids not yet in a run, one row a transaction.
 * message	(3) outcome: enum message_outcome below.  tags: bit 0 special
 *		category (Art. 9 GDPR); bits 1 to 7 what was in its texts when
 *		it came, by enum policy_find: iban, card, email, phone, tax_id,
 *		social_insurance, a pattern of the policy's.
 *		campaign: of advertising, "purpose template", else NULL.
 * conversation	(3) language: of the last message that told, "de", "en".
 *		asked_ms: since when a question waits for its first answer;
 *		NULL: none does.  campaign, campaign_ms: of the last
 *		advertising sent there (worker/rates.h).
 * address	(3) Its index by hash has all that finding a person asks for:
 *		the rows lie in no order of use.
 * person	(3) minor: may be under 16 (Art. 8 GDPR).
 * message	(3) kind: notice, ask, reply (out): the gateway's own.
 * outbox	(3) state held: waits for a consent until next_ms, then it is
 *		forgotten.
 * consent_event (3) One row per event, never changed; the state is computed
 *		(postern/consent.h).  kind: requested, reminded, given,
 *		renewed, refused, deferred, withdrawn, revoked, invalidated,
 *		optin_signal.  channel: '' = every one.  by_whom: subject,
 *		guardian, controller, provider.  method: reply, keyword, link,
 *		one_click, api, import, provider.  wording: SHA-256 of what was
 *		shown.  until_ms: end of its validity; of a question: of
 *		waiting for the answer.  prompt, answer: messages; answer of a
 *		requested one: what led to it.  evidence_sealed: FIELD_EVIDENCE
 *under Datenart CONSENT of key_person, year; JSON {"prompt","answer" (texts),
 *		"prompt_id","answer_id" (provider's)}.  policy: as in message.
 * wording	(3) Every text ever shown, byte for byte; not personal.
 * notice_sent	(3) Which notice a person was sent, and when: of first contact,
 *		and outside office hours.
 * suppression	(3) suppress_hash: keyed by the suppression key over one
 *		address; outlives the person.  scope: a purpose, or marketing.
 *		channel: '' = every one.
 * review	(3) What a person of the controller has to decide.  kind:
 *		withdrawal, import.  state: open, done.
 * request	(3) What a data subject asked for.  type: erasure, access.
 *		state: identity_pending.
 * policy_version (3) state: proposed, approved, active, superseded, stopped.
 *		bytes: the file.  effect: JSON (postern/policy_effect.h), the
 *		counts its approval is pinned to; recount: the same, counted
 *		again before it took effect.  author, actor, ended_by: token
 *		ids; 0: nobody, the installation.  base: the version it is to
 *		replace.  needed, tolerance: as base demanded.  shortens: may
 *		erase earlier.  due_ms: approved, earliest moment to take
 *		effect.  reason: why it ended, static word.  seal: the keeper's
 *		hash of use policy over the row (lifecycle/version_seal.c).
 * policy_approval (3) seal: the same over approval and what was approved.
 * policy_shadow (3) What a version that watches would have done otherwise.
 *		what: seen, outcome, datenart, person, says, media, reply.  was,
 *		would: static words and names of the policy.
 * message_version (3) The rows of message, kind version, that hold what a
 *		message said before its sender changed it (worker/change.h).
 * message	(3) state: in: masked, kept: its sender deleted it.
 * restriction	(3) Art. 18 GDPR.  conversation NULL: everything of the person.
 *		ground: a, b, c, d of Art. 18(1).  lifted_ms NULL: open.
 *		informed_day: when the person was told of the lifting.
 * outbox	(3) state restricted: waits until a restriction is lifted.
 * figure	(3) Counters made at the moment of the event.  hour_ms: start
 *		of the hour.  name, detail: static words and policy names.
 * ledger_entry	(4) The proof log (postern/ledger.h).  id: the index, from 0.
 *		body: canonical JSON (postern/ledgerentry.h).
 * ledger_tile	(4) id: tile level << 56 | number.  hashes: those of its first
 *		leaves, 32 bytes each; grows until it has 256.  meta
 *		ledger_size: entries in the tree.
 * ledger_checkpoint (4) note: the signed note, cosignatures at its end.
 * ledger_witness (4) name: name and id of its key.  size: last one cosigned.
 *		state: worker/ledger_witness.h.
 * ledger_stamp	(4) state: waiting, done.  token: timestamp-reply.
 * ledger_batch	(4) messages: of an entry messages.*: per message its id, 8
 *		bytes big endian, and the leaf hash of its sealed content.
 * ledger_gone	(4) The newest entry that changed or forgot a message.
 * meta		(4) ledger_messages_from: the first id a message could get
 *		when the log was begun; those below are in no entry.
 * request	(5) type: erasure, access, rectification, restriction,
 *		portability, objection, withdrawal.  state: of enum
 *		rights_state (rights/rights.h).  person 0: nobody is known.
 *		via: chat, api, portal, opendsr, drp, meta, mail, desk.
 *		request_sealed: FIELD_REQUEST, reply_sealed: FIELD_REPLY, both
 *		under (the request's own id as person, REQUEST, year): they
 *		live and die by the rule of REQUEST, not with the person.
 *		proof_hash: keyed hash of what proves who asks; link_hash: of
 *		the address of its status page.  outside_id: how the other
 *		side calls it, a random id.  asker: token, agent or processor
 *		it came from.  Days: caldate.h.  verdict: granted, refused;
 *		of a refusal that a second person has to agree to: proposed.
 *		heard: message that may be the answer to the challenge.
 *		entry: index of request.answered in the proof log.  next_ms:
 *		when it is to be looked at; NULL: nothing is left to do.
 *		restored: it came back with a backup, and nobody said yet that
 *		it goes on (rights_resume).
 * request_event (5) One row per state it was in; never changed.
 * request_item	(5) The settlement list: per Datenart what becomes of n
 *		records, why (code and article) and until which day.
 * person	(5) rectified_ms: since when the profile is what the person
 *		wanted it to be, whatever the provider says.
 * request_letter (5) What the person was told: the reply copy.  state: kept
 *		(there is no chat), waiting, unknown, sent, failed (reason).
 *		letter_sealed: FIELD_REPLY under the request's key, JSON
 *		{"text"}.
 * review	(5) kind: unclassified: a Datenart without a rule, and how many
 *		records are of it; suppression: entries older than their rule.
 *		person 0.  decision: erase, keep.
 * request_callback (5) Who wants to hear of each state; an address of a
 *		company, https.
 * erasure	(5) What is deleted of a person, step by step.  step: the next
 *		one (forget/erasure.h).  cursor, message: the conversation it
 *		is at in that step, and messages below are still to be done.
 *		upto: newest message that is judged in step DECIDE; what came
 *		later is judged when its turn comes.  stays: something is still
 *		in use, so the person stays.  of_n: records there were.
 *		waits_day: last key backup of before expires.  again: something
 *		that was kept is free, do it once more.
 * erasure_probe (5) What must not be found any more once it is done: kind
 *		address: hash of one of person record; person; file: a name
 *		below media/.  Goes when it was verified.
 * participant	(5) Who wrote in a conversation that is not their own (groups).
 * erasure_step	(5) A step that is done; one row each.
 * kept		(5) A record that was to go and is kept: by law, by a hold, by
 *		the person's own restriction, or until it was looked at.
 *		Nobody is shown it.  id: of the message or attachment.  kind:
 *		message, attachment.  verdict, reason, until_day: of struct
 *		erasure_decision; hold: which.  erasure: what wanted it, 0:
 *		the sweep.
 * hold		(5) Loeschaussetzung.  scope: person, conversation, datenart,
 *		query.  channel, datenart, direction, kind, tags (of message),
 *		days of receipt: what a query is about, NULL and 0: any.
 *		words: how many it looks for; they, reason and matter:
 *		hold_sealed, FIELD_HOLD under (the hold's id as person, HOLD,
 *		year).  state: proposed, active, released, lapsed (nobody
 *		approved it in time).  owner, approver, released_by: token ids;
 *		0: the operator of this host.  released_ms: the end, of a
 *		lapsed one too.  scanned: what has this id or a lower one was
 *		looked at for words.  logged: holds.log has it as it is.
 * hold_item	(5) What a query hold found by its words.
 * hold_approval (5) Who agreed to a hold; hold.approver was named for it.
 * hold_look	(5) Messages that got another text, to be looked at again.
 * sweep	(5) A run.  kind: dry, real.  state: counting, counted,
 *		approved, running, done, stopped.  counts: JSON, per Datenart.
 * sweep_key	(5) Somebody of whom something went in the run that is open:
 *		whether keys of theirs are of no use any more is looked at
 *		when all of it went.
 * sweep_mark	(5) How far the range of a rule was gone through: what started
 *		at or before up_to, by the rule whose digest is rule.
 * package	(5) A copy for a person.  kind: access, portability.  state:
 *		making, ready, fetched, expired, failed.  file: below
 *		packages/.  key_sealed: its key, FIELD_PACKAGE under (the
 *		package's id as person, EXPORT, year).  link: name of the file
 *		that its one-time link opens (postern/packagefile.h).
 * note		(5) What staff wrote about a conversation: FIELD_NOTE under
 *		(key_person, datenart, year).  staff: pseudonym.
 * restriction	(5) informed_how: letter, chat, mail, phone, in_person, portal;
 *		informed_by: token of who says so.  request: of the person that
 *		asked for it.  logged: 1 it is in restrictions.log, 2 its end
 *		as well.
 * staff_reveal	(5) Whose pseudonym somebody wants to know.  purpose: static
 *		word.  state: asked, approved, refused.  role: of who asks;
 *		the other one agrees.  token: unused; who it is is found when
 *		it is shown.
 * viewed	(5) Who looked at a person's data and what for (Datenart
 *		STAFF_LOG).  staff: pseudonym.
 * disclosure	(5) A named recipient that got data of a person: of helpdesks
 *		conversation.helpdesk says it.
 * drp_token	(5) What a representative of the Data Rights Protocol is known
 *		by: keyed hash of its token.
 * request_callback (5) told: the last event told and what it was called.
 * telling	(5) A recipient to be told (Art. 19 GDPR).  kind: helpdesk,
 *		processor, provider.  event: erased, restricted, rectified.
 *		state: pending, sent, confirmed, impossible, failed.
 *		telling_sealed: FIELD_TELLING under (the row's id as person,
 *		TELLING, year), JSON {"person","persons","conversations",
 *		"identities"}; emptied when it ends well, and year 0 once its
 *		key is gone, too.  next_ms: the greatest number until it is
 *		released.  outside_id: OpenDSR's subject_request_id.
 * backup	(5) kind: keys, data.
 * replay	(5) Of an archive that was restored: what was deleted since its
 *		backup and has to go again before anything is served.  kind:
 *		key (of person id, datenart '' all), message, attachment,
 *		quarantine, note.
 * ledger_before (5) Checkpoints, and their time stamps, of the log as it was
 *		called before a restore.
 * outbox	(5) state gathering: of a run of the sweep; detail grows by
 *		ids of messages, " 1 2 3", until it is told (worker/expired.h).
 * outbox	(5) state restored: was to be told when the backup was made;
 *		whether it was nobody knows, so a person says what becomes of
 *		it.
 * meta		(5) restore_made_ms, restore_ms: of the last restore;
 *		restore_phase, restore_cursor, restore_count: while it is not
 *		over (backup/replay.h); ledger_generation: of restore_ms.
 * breach	(5) The register (Art. 33(5) GDPR); texts: breach_sealed,
 *		FIELD_BREACH under (its id, BREACH, year).
 * breach_phase	(5) What was told to whom, and when.
 * canary	(5) A made-up person that nobody has a reason to open.
 * alarm	(5) Something a person has to look at.  kind: static word;
 *		object: what it is about, of that kind of id; never a person. */
#ifndef POSTERN_STORE_SCHEMA_H
#define POSTERN_STORE_SCHEMA_H

#define SCHEMA_VERSION 5

/* What became of a message, countable without opening it. */
enum message_outcome {
	MSG_UNDECIDED, /* written before schema 3, or of no decision */
	MSG_FORWARDED,
	MSG_REDUCED, /* forwarded without what it says */
	MSG_HELD,    /* until a consent is given */
	MSG_KEPT,    /* stored, forwarded to nobody */
};
#define MSG_TAG_SPECIAL 1 /* column tags */
/* ... of enum policy_find */
#define MSG_TAG_FOUND(find) (2u << (unsigned int)(find))

#define SCHEMA_SQLITE_1                                                \
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT "     \
	"NULL) STRICT, WITHOUT ROWID;"                                 \
	"CREATE TABLE person(id INTEGER PRIMARY KEY, joined_into "     \
	"INTEGER, created_ms INTEGER NOT NULL, year INTEGER NOT "      \
	"NULL, profile_sealed BLOB) STRICT;"                           \
	"CREATE INDEX person_joined ON person(joined_into) WHERE "     \
	"joined_into IS NOT NULL;"                                     \
	"CREATE TABLE address(id INTEGER PRIMARY KEY, person INTEGER " \
	"NOT NULL, key_person INTEGER NOT NULL, kind TEXT NOT NULL, "  \
	"address_hash BLOB NOT NULL, year INTEGER NOT NULL, "          \
	"address_sealed BLOB NOT NULL, from_ms INTEGER NOT NULL, "     \
	"to_ms INTEGER) STRICT;"                                       \
	"CREATE INDEX address_hash ON address(address_hash);"          \
	"CREATE INDEX address_person ON address(person);"              \
	"CREATE TABLE conversation(id INTEGER PRIMARY KEY, person "    \
	"INTEGER NOT NULL, channel TEXT NOT NULL, helpdesk TEXT, "     \
	"state TEXT NOT NULL, datenart TEXT, opened_ms INTEGER NOT "   \
	"NULL, closed_ms INTEGER, inbound_ms INTEGER) STRICT;"         \
	"CREATE INDEX conversation_person ON conversation(person, "    \
	"channel);"                                                    \
	"CREATE TABLE message(id INTEGER PRIMARY KEY, conversation "   \
	"INTEGER NOT NULL, key_person INTEGER NOT NULL, direction "    \
	"TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, "     \
	"datenart TEXT NOT NULL, year INTEGER NOT NULL, provider_ms "  \
	"INTEGER, received_ms INTEGER NOT NULL, target INTEGER, "      \
	"error INTEGER, content_sealed BLOB, policy INTEGER NOT "      \
	"NULL) STRICT;"                                                \
	"CREATE INDEX message_conversation ON message(conversation);"  \
	"CREATE TABLE provider_ref(ref_hash BLOB PRIMARY KEY, "        \
	"message INTEGER) STRICT, WITHOUT ROWID;"                      \
	"CREATE TABLE tombstone(ref_hash BLOB PRIMARY KEY, at_ms "     \
	"INTEGER NOT NULL) STRICT, WITHOUT ROWID;"                     \
	"CREATE TABLE attachment(id INTEGER PRIMARY KEY, message "     \
	"INTEGER, conversation INTEGER NOT NULL, key_person INTEGER "  \
	"NOT NULL, channel TEXT NOT NULL, datenart TEXT NOT NULL, "    \
	"year INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT, "    \
	"bytes INTEGER, file TEXT, media_sealed BLOB NOT NULL, tidy "  \
	"INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL "       \
	"DEFAULT 0, next_ms INTEGER NOT NULL DEFAULT 0, created_ms "   \
	"INTEGER NOT NULL) STRICT;"                                    \
	"CREATE INDEX attachment_message ON attachment(message);"      \
	"CREATE INDEX attachment_work ON attachment(next_ms) WHERE "   \
	"state='wanted' OR tidy=1;"                                    \
	"CREATE TABLE outbox(id INTEGER PRIMARY KEY, kind TEXT NOT "   \
	"NULL, destination TEXT NOT NULL, conversation INTEGER NOT "   \
	"NULL, message INTEGER, type TEXT NOT NULL, detail TEXT, "     \
	"state TEXT NOT NULL, reason TEXT, error INTEGER, attempts "   \
	"INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL, "       \
	"created_ms INTEGER NOT NULL) STRICT;"                         \
	"CREATE INDEX outbox_waiting ON outbox(destination, id) "      \
	"WHERE state='waiting';"                                       \
	"CREATE INDEX outbox_conversation ON outbox(conversation);"    \
	"CREATE INDEX outbox_message ON outbox(message);"              \
	"CREATE TABLE consent_event(id INTEGER PRIMARY KEY, person "   \
	"INTEGER NOT NULL, purpose TEXT NOT NULL, kind TEXT NOT "      \
	"NULL, source TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;"  \
	"CREATE INDEX consent_person ON consent_event(person, "        \
	"purpose);"                                                    \
	"CREATE TABLE quarantine(id INTEGER PRIMARY KEY, channel "     \
	"TEXT NOT NULL, received_ms INTEGER NOT NULL, year INTEGER "   \
	"NOT NULL, reason TEXT NOT NULL, bytes INTEGER NOT NULL, "     \
	"raw_sealed BLOB NOT NULL) STRICT;"                            \
	"CREATE TABLE token(id INTEGER PRIMARY KEY, token_hash BLOB "  \
	"NOT NULL, scopes TEXT NOT NULL, helpdesk TEXT, label TEXT, "  \
	"created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, "   \
	"revoked_ms INTEGER, used_ms INTEGER) STRICT;"                 \
	"CREATE TABLE idempotency(key_hash BLOB PRIMARY KEY, "         \
	"body_hash BLOB NOT NULL, state TEXT NOT NULL, status "        \
	"INTEGER, answer TEXT, at_ms INTEGER NOT NULL) STRICT, "       \
	"WITHOUT ROWID;"                                               \
	"CREATE INDEX idempotency_at ON idempotency(at_ms);"

/* One statement each. */
#define SCHEMA_SQLITE_2                                           \
	"CREATE TABLE run(id INTEGER PRIMARY KEY, kind INTEGER "  \
	"NOT NULL, level INTEGER NOT NULL, state TEXT NOT NULL, " \
	"entries INTEGER NOT NULL, up_to INTEGER NOT NULL, "      \
	"fences BLOB NOT NULL, filter BLOB NOT NULL) STRICT",     \
	    "CREATE TABLE run_block(id INTEGER PRIMARY KEY, "     \
	    "entries BLOB NOT NULL) STRICT",                      \
	    "CREATE TABLE run_young(id INTEGER PRIMARY KEY, "     \
	    "entries BLOB NOT NULL) STRICT"

#define SCHEMA_SQLITE_3                                                        \
	"ALTER TABLE message ADD COLUMN outcome INTEGER NOT NULL DEFAULT 0",   \
	    "ALTER TABLE message ADD COLUMN tags INTEGER NOT NULL DEFAULT 0",  \
	    "ALTER TABLE conversation ADD COLUMN language TEXT",               \
	    "ALTER TABLE person ADD COLUMN minor INTEGER NOT NULL DEFAULT 0",  \
	    "ALTER TABLE consent_event ADD COLUMN channel TEXT NOT NULL "      \
	    "DEFAULT ''",                                                      \
	    "ALTER TABLE consent_event ADD COLUMN by_whom TEXT NOT NULL "      \
	    "DEFAULT 'provider'",                                              \
	    "ALTER TABLE consent_event ADD COLUMN method TEXT NOT NULL "       \
	    "DEFAULT 'provider'",                                              \
	    "ALTER TABLE consent_event ADD COLUMN wording BLOB",               \
	    "ALTER TABLE consent_event ADD COLUMN language TEXT",              \
	    "ALTER TABLE consent_event ADD COLUMN until_ms INTEGER",           \
	    "ALTER TABLE consent_event ADD COLUMN prompt INTEGER",             \
	    "ALTER TABLE consent_event ADD COLUMN answer INTEGER",             \
	    "ALTER TABLE consent_event ADD COLUMN key_person INTEGER",         \
	    "ALTER TABLE consent_event ADD COLUMN year INTEGER",               \
	    "ALTER TABLE consent_event ADD COLUMN evidence_sealed BLOB",       \
	    "ALTER TABLE consent_event ADD COLUMN policy INTEGER NOT NULL "    \
	    "DEFAULT 0",                                                       \
	    "DROP INDEX address_hash",                                         \
	    "CREATE INDEX address_hash ON address(address_hash, to_ms, "       \
	    "person)",                                                         \
	    "CREATE INDEX outbox_held ON outbox(next_ms) WHERE "               \
	    "state='held'",                                                    \
	    "CREATE INDEX consent_pending ON consent_event(at_ms) WHERE "      \
	    "kind='requested'",                                                \
	    "CREATE TABLE wording(sha256 BLOB PRIMARY KEY, name TEXT NOT "     \
	    "NULL, language TEXT NOT NULL, text TEXT NOT NULL, policy "        \
	    "INTEGER NOT NULL, first_ms INTEGER NOT NULL) STRICT, WITHOUT "    \
	    "ROWID",                                                           \
	    "CREATE TABLE notice_sent(id INTEGER PRIMARY KEY, person INTEGER " \
	    "NOT NULL, channel TEXT NOT NULL, notice TEXT NOT NULL, sha256 "   \
	    "BLOB NOT NULL, message INTEGER, at_ms INTEGER NOT NULL) STRICT",  \
	    "CREATE INDEX notice_person ON notice_sent(person, channel)",      \
	    "CREATE TABLE suppression(suppress_hash BLOB NOT NULL, scope "     \
	    "TEXT NOT NULL, channel TEXT NOT NULL, since_ms INTEGER NOT "      \
	    "NULL, reason TEXT NOT NULL, PRIMARY KEY(suppress_hash, scope, "   \
	    "channel)) STRICT, WITHOUT ROWID",                                 \
	    "CREATE TABLE review(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, " \
	    "state TEXT NOT NULL, person INTEGER NOT NULL, conversation "      \
	    "INTEGER, message INTEGER, created_ms INTEGER NOT NULL, due_ms "   \
	    "INTEGER NOT NULL, decision TEXT, decided_ms INTEGER, actor "      \
	    "INTEGER) STRICT",                                                 \
	    "CREATE INDEX review_open ON review(due_ms) WHERE state='open'",   \
	    "CREATE INDEX review_person ON review(person)",                    \
	    "CREATE TABLE request(id INTEGER PRIMARY KEY, type TEXT NOT "      \
	    "NULL, state TEXT NOT NULL, person INTEGER NOT NULL, channel "     \
	    "TEXT NOT NULL, conversation INTEGER, language TEXT, received_ms " \
	    "INTEGER NOT NULL) STRICT",                                        \
	    "CREATE INDEX request_person ON request(person)",                  \
	    "CREATE TABLE policy_version(id INTEGER PRIMARY KEY, digest BLOB " \
	    "NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, state "   \
	    "TEXT NOT NULL, bytes BLOB NOT NULL, effect TEXT, author INTEGER " \
	    "NOT NULL, proposed_ms INTEGER NOT NULL, from_ms INTEGER NOT "     \
	    "NULL, shadow_until_ms INTEGER, ended_ms INTEGER, ended_by "       \
	    "INTEGER, base INTEGER NOT NULL DEFAULT 0, needed INTEGER NOT "    \
	    "NULL DEFAULT 0, shortens INTEGER NOT NULL DEFAULT 0, tolerance "  \
	    "INTEGER NOT NULL DEFAULT 0, due_ms INTEGER, active_ms INTEGER, "  \
	    "reason TEXT, recount TEXT, shadow_from_ms INTEGER, seal BLOB) "   \
	    "STRICT",                                                          \
	    "CREATE TABLE policy_approval(policy INTEGER NOT NULL, actor "     \
	    "INTEGER NOT NULL, at_ms INTEGER NOT NULL, seal BLOB, PRIMARY "    \
	    "KEY(policy, actor)) STRICT, WITHOUT ROWID",                       \
	    "CREATE TABLE policy_shadow(policy INTEGER NOT NULL, channel "     \
	    "TEXT NOT NULL, what TEXT NOT NULL, was TEXT NOT NULL, would "     \
	    "TEXT NOT NULL, rule TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY "  \
	    "KEY(policy, channel, what, was, would, rule)) STRICT, WITHOUT "   \
	    "ROWID",                                                           \
	    "ALTER TABLE conversation ADD COLUMN asked_ms INTEGER",            \
	    "ALTER TABLE conversation ADD COLUMN campaign TEXT",               \
	    "ALTER TABLE conversation ADD COLUMN campaign_ms INTEGER",         \
	    "ALTER TABLE message ADD COLUMN campaign TEXT",                    \
	    "CREATE TABLE message_version(message INTEGER NOT NULL, version "  \
	    "INTEGER NOT NULL, PRIMARY KEY(message, version)) STRICT, "        \
	    "WITHOUT ROWID",                                                   \
	    "CREATE TABLE restriction(id INTEGER PRIMARY KEY, person INTEGER " \
	    "NOT NULL, conversation INTEGER, ground TEXT NOT NULL, since_ms "  \
	    "INTEGER NOT NULL, actor INTEGER, informed_day INTEGER, "          \
	    "lifted_ms INTEGER) STRICT",                                       \
	    "CREATE INDEX restriction_open ON restriction(person) WHERE "      \
	    "lifted_ms IS NULL",                                               \
	    "CREATE TABLE figure(hour_ms INTEGER NOT NULL, channel TEXT NOT "  \
	    "NULL, name TEXT NOT NULL, detail TEXT NOT NULL, n INTEGER NOT "   \
	    "NULL, PRIMARY KEY(hour_ms, channel, name, detail)) STRICT, "      \
	    "WITHOUT ROWID"

#define SCHEMA_SQLITE_4                                                        \
	"CREATE TABLE ledger_entry(id INTEGER PRIMARY KEY, body BLOB NOT "     \
	"NULL) STRICT",                                                        \
	    "CREATE TABLE ledger_tile(id INTEGER PRIMARY KEY, hashes BLOB "    \
	    "NOT NULL) STRICT",                                                \
	    "CREATE TABLE ledger_checkpoint(size INTEGER PRIMARY KEY, at_ms "  \
	    "INTEGER NOT NULL, note BLOB NOT NULL) STRICT",                    \
	    "CREATE TABLE ledger_witness(name TEXT PRIMARY KEY, size INTEGER " \
	    "NOT NULL, at_ms INTEGER NOT NULL, attempts INTEGER NOT NULL "     \
	    "DEFAULT 0, next_ms INTEGER NOT NULL DEFAULT 0, state INTEGER "    \
	    "NOT NULL DEFAULT 0) STRICT",                                      \
	    "CREATE TABLE ledger_stamp(size INTEGER PRIMARY KEY, state TEXT "  \
	    "NOT NULL, nonce BLOB, token BLOB, at_ms INTEGER NOT NULL, "       \
	    "attempts INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL "   \
	    "DEFAULT 0) STRICT",                                               \
	    "CREATE TABLE ledger_batch(entry INTEGER PRIMARY KEY, messages "   \
	    "BLOB NOT NULL) STRICT",                                           \
	    "CREATE TABLE ledger_gone(message INTEGER PRIMARY KEY, entry "     \
	    "INTEGER NOT NULL) STRICT"

#define SCHEMA_SQLITE_5                                                       \
	"ALTER TABLE request ADD COLUMN via TEXT NOT NULL DEFAULT "           \
	"'chat'",                                                             \
	    "ALTER TABLE request ADD COLUMN state_ms INTEGER NOT NULL "       \
	    "DEFAULT 0",                                                      \
	    "ALTER TABLE request ADD COLUMN receipt_day INTEGER",             \
	    "ALTER TABLE request ADD COLUMN due_day INTEGER",                 \
	    "ALTER TABLE request ADD COLUMN extended INTEGER NOT NULL "       \
	    "DEFAULT 0",                                                      \
	    "ALTER TABLE request ADD COLUMN paused_days INTEGER NOT "         \
	    "NULL DEFAULT 0",                                                 \
	    "ALTER TABLE request ADD COLUMN asked_day INTEGER",               \
	    "ALTER TABLE request ADD COLUMN proved_day INTEGER",              \
	    "ALTER TABLE request ADD COLUMN scope TEXT",                      \
	    "ALTER TABLE request ADD COLUMN reason TEXT",                     \
	    "ALTER TABLE request ADD COLUMN year INTEGER NOT NULL "           \
	    "DEFAULT 0",                                                      \
	    "ALTER TABLE request ADD COLUMN request_sealed BLOB",             \
	    "ALTER TABLE request ADD COLUMN reply_sealed BLOB",               \
	    "ALTER TABLE request ADD COLUMN proof_hash BLOB",                 \
	    "ALTER TABLE request ADD COLUMN proof_tries INTEGER NOT "         \
	    "NULL DEFAULT 0",                                                 \
	    "ALTER TABLE request ADD COLUMN proof_until_ms INTEGER",          \
	    "ALTER TABLE request ADD COLUMN link_hash BLOB",                  \
	    "ALTER TABLE request ADD COLUMN outside_id TEXT",                 \
	    "ALTER TABLE request ADD COLUMN asker TEXT",                      \
	    "ALTER TABLE request ADD COLUMN duplicate_of INTEGER",            \
	    "ALTER TABLE request ADD COLUMN decided_by INTEGER",              \
	    "ALTER TABLE request ADD COLUMN approved_by INTEGER",             \
	    "ALTER TABLE request ADD COLUMN fee_cents INTEGER",               \
	    "ALTER TABLE request ADD COLUMN answered_ms INTEGER",             \
	    "ALTER TABLE request ADD COLUMN ended_ms INTEGER",                \
	    "ALTER TABLE request ADD COLUMN verdict TEXT",                    \
	    "ALTER TABLE request ADD COLUMN heard INTEGER",                   \
	    "ALTER TABLE request ADD COLUMN entry INTEGER",                   \
	    "ALTER TABLE request ADD COLUMN next_ms INTEGER DEFAULT 0",       \
	    "CREATE INDEX request_next ON request(next_ms) WHERE "            \
	    "next_ms IS NOT NULL",                                            \
	    "CREATE INDEX request_open ON request(state, due_day) "           \
	    "WHERE ended_ms IS NULL",                                         \
	    "CREATE INDEX request_conversation ON "                           \
	    "request(conversation) WHERE ended_ms IS NULL",                   \
	    "CREATE UNIQUE INDEX request_link ON request(link_hash) "         \
	    "WHERE link_hash IS NOT NULL",                                    \
	    "CREATE UNIQUE INDEX request_outside ON request(via, "            \
	    "outside_id) WHERE outside_id IS NOT NULL",                       \
	    "CREATE TABLE request_event(id INTEGER PRIMARY KEY, "             \
	    "request INTEGER NOT NULL, state TEXT NOT NULL, at_ms "           \
	    "INTEGER NOT NULL, reason TEXT, actor INTEGER) STRICT",           \
	    "CREATE INDEX request_event_of ON request_event(request)",        \
	    "CREATE TABLE request_item(request INTEGER NOT NULL, "            \
	    "datenart TEXT NOT NULL, verdict TEXT NOT NULL, reason "          \
	    "TEXT NOT NULL, article TEXT, until_day INTEGER NOT NULL, "       \
	    "n INTEGER NOT NULL, PRIMARY KEY(request, datenart, "             \
	    "verdict, reason, until_day)) STRICT, WITHOUT ROWID",             \
	    "CREATE TABLE request_callback(request INTEGER NOT NULL, "        \
	    "url TEXT NOT NULL, kind TEXT NOT NULL, told TEXT, "              \
	    "attempts INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT "       \
	    "NULL DEFAULT 0, reason TEXT, PRIMARY KEY(request, url)) "        \
	    "STRICT, WITHOUT ROWID",                                          \
	    "ALTER TABLE person ADD COLUMN rectified_ms INTEGER",             \
	    "CREATE TABLE request_letter(id INTEGER PRIMARY KEY, request "    \
	    "INTEGER NOT NULL, "                                              \
	    "what TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, attempts " \
	    "INTEGER NOT NULL "                                               \
	    "DEFAULT 0, next_ms INTEGER NOT NULL, made_ms INTEGER NOT NULL, " \
	    "sent_ms "                                                        \
	    "INTEGER, letter_sealed BLOB) STRICT",                            \
	    "CREATE INDEX request_letter_of ON request_letter(request)",      \
	    "CREATE INDEX request_letter_next ON request_letter(next_ms) "    \
	    "WHERE state='waiting'",                                          \
	    "CREATE TABLE erasure(id INTEGER PRIMARY KEY, request "           \
	    "INTEGER, person INTEGER NOT NULL, cause TEXT NOT NULL, "         \
	    "step INTEGER NOT NULL, cursor INTEGER NOT NULL DEFAULT "         \
	    "0, started_ms INTEGER NOT NULL, ended_ms INTEGER, n "            \
	    "INTEGER NOT NULL DEFAULT 0, files INTEGER NOT NULL "             \
	    "DEFAULT 0, keys INTEGER NOT NULL DEFAULT 0, kept INTEGER "       \
	    "NOT NULL DEFAULT 0, waits_day INTEGER, entry INTEGER, "          \
	    "again INTEGER NOT NULL DEFAULT 0, message INTEGER NOT "          \
	    "NULL DEFAULT 0, upto INTEGER NOT NULL DEFAULT 0, stays "         \
	    "INTEGER NOT NULL DEFAULT 0, of_n INTEGER NOT NULL "              \
	    "DEFAULT 0, next_ms INTEGER NOT NULL DEFAULT 0) STRICT",          \
	    "CREATE INDEX erasure_again ON erasure(id) WHERE again=1",        \
	    "CREATE INDEX erasure_open ON erasure(id) WHERE ended_ms "        \
	    "IS NULL",                                                        \
	    "CREATE INDEX erasure_person ON erasure(person)",                 \
	    "CREATE INDEX erasure_request ON erasure(request) WHERE "         \
	    "request IS NOT NULL",                                            \
	    "CREATE TABLE erasure_step(erasure INTEGER NOT NULL, step "       \
	    "INTEGER NOT NULL, done_ms INTEGER NOT NULL, n INTEGER "          \
	    "NOT NULL, PRIMARY KEY(erasure, step)) STRICT, WITHOUT "          \
	    "ROWID",                                                          \
	    "CREATE TABLE erasure_probe(erasure INTEGER NOT NULL, n "         \
	    "INTEGER NOT NULL, kind TEXT NOT NULL, record INTEGER NOT "       \
	    "NULL, bytes BLOB NOT NULL, PRIMARY KEY(erasure, n)) "            \
	    "STRICT, WITHOUT ROWID",                                          \
	    "CREATE TABLE participant(person INTEGER NOT NULL, "              \
	    "conversation INTEGER NOT NULL, PRIMARY KEY(person, "             \
	    "conversation)) STRICT, WITHOUT ROWID",                           \
	    "CREATE TABLE kept(id INTEGER PRIMARY KEY, kind TEXT NOT "        \
	    "NULL, person INTEGER NOT NULL, conversation INTEGER NOT "        \
	    "NULL, datenart TEXT NOT NULL, verdict TEXT NOT NULL, "           \
	    "reason TEXT NOT NULL, until_day INTEGER, hold INTEGER, "         \
	    "erasure INTEGER NOT NULL DEFAULT 0, since_ms INTEGER NOT "       \
	    "NULL) STRICT",                                                   \
	    "CREATE INDEX kept_person ON kept(person)",                       \
	    "CREATE INDEX kept_until ON kept(until_day) WHERE "               \
	    "until_day IS NOT NULL",                                          \
	    "CREATE INDEX kept_waits ON kept(verdict, id) WHERE "             \
	    "until_day IS NULL",                                              \
	    "CREATE TABLE hold(id INTEGER PRIMARY KEY, scope TEXT "           \
	    "NOT NULL, person INTEGER, conversation INTEGER, channel "        \
	    "TEXT, datenart TEXT, from_day INTEGER, to_day INTEGER, "         \
	    "direction TEXT, kind TEXT, tags INTEGER NOT NULL "               \
	    "DEFAULT 0, words INTEGER NOT NULL DEFAULT 0, year "              \
	    "INTEGER NOT NULL, hold_sealed BLOB, state TEXT NOT "             \
	    "NULL, owner INTEGER NOT NULL, approver INTEGER, "                \
	    "placed_ms INTEGER NOT NULL, approved_ms INTEGER, "               \
	    "review_day INTEGER NOT NULL, released_ms INTEGER, "              \
	    "released_by INTEGER, scanned INTEGER NOT NULL DEFAULT "          \
	    "0) STRICT",                                                      \
	    "CREATE INDEX hold_open ON hold(id) WHERE released_ms IS "        \
	    "NULL",                                                           \
	    "CREATE TABLE hold_item(item INTEGER NOT NULL, hold "             \
	    "INTEGER NOT NULL, PRIMARY KEY(item, hold)) STRICT, "             \
	    "WITHOUT ROWID",                                                  \
	    "CREATE INDEX hold_item_of ON hold_item(hold)",                   \
	    "CREATE TABLE hold_look(item INTEGER PRIMARY KEY) STRICT",        \
	    "ALTER TABLE restriction ADD COLUMN informed_how TEXT",           \
	    "ALTER TABLE restriction ADD COLUMN informed_by INTEGER",         \
	    "ALTER TABLE restriction ADD COLUMN request INTEGER",             \
	    "CREATE TABLE staff_reveal(id INTEGER PRIMARY KEY, staff "        \
	    "TEXT NOT NULL, purpose TEXT NOT NULL, state TEXT NOT "           \
	    "NULL, asked_by INTEGER NOT NULL, asked_ms INTEGER NOT "          \
	    "NULL, ended_by INTEGER, ended_ms INTEGER, token "                \
	    "INTEGER) STRICT",                                                \
	    "CREATE INDEX conversation_closed ON "                            \
	    "conversation(closed_ms) WHERE state='closed'",                   \
	    "CREATE TABLE sweep(id INTEGER PRIMARY KEY, kind TEXT NOT "       \
	    "NULL, state TEXT NOT NULL, day INTEGER NOT NULL, policy "        \
	    "INTEGER NOT NULL, counts TEXT, author INTEGER, approver "        \
	    "INTEGER, approved_ms INTEGER, started_ms INTEGER NOT "           \
	    "NULL, ended_ms INTEGER, done INTEGER NOT NULL DEFAULT 0, "       \
	    "dry INTEGER, reason TEXT, cursor TEXT) STRICT",                  \
	    "CREATE INDEX sweep_open ON sweep(id) WHERE ended_ms IS "         \
	    "NULL",                                                           \
	    "ALTER TABLE review ADD COLUMN datenart TEXT",                    \
	    "ALTER TABLE review ADD COLUMN n INTEGER",                        \
	    "CREATE INDEX suppression_since ON suppression(since_ms)",        \
	    "CREATE TABLE sweep_key(person INTEGER PRIMARY KEY) STRICT",      \
	    "CREATE TABLE sweep_mark(datenart TEXT NOT NULL, kind "           \
	    "TEXT NOT NULL, rule BLOB NOT NULL, up_to INTEGER NOT "           \
	    "NULL, PRIMARY KEY(datenart, kind)) STRICT, WITHOUT ROWID",       \
	    "CREATE TABLE package(id INTEGER PRIMARY KEY, request "           \
	    "INTEGER NOT NULL, person INTEGER NOT NULL, kind TEXT NOT "       \
	    "NULL, language TEXT NOT NULL, state TEXT NOT NULL, file "        \
	    "TEXT, bytes INTEGER, sha256 BLOB, manifest BLOB, year "          \
	    "INTEGER NOT NULL, key_sealed BLOB, link TEXT, "                  \
	    "messages INTEGER NOT NULL DEFAULT 0, of_messages INTEGER "       \
	    "NOT NULL DEFAULT 0, made_ms INTEGER NOT NULL, ready_ms "         \
	    "INTEGER, expires_ms INTEGER, ended_ms INTEGER, reason "          \
	    "TEXT) STRICT",                                                   \
	    "CREATE INDEX package_request ON package(request)",               \
	    "CREATE INDEX package_person ON package(person)",                 \
	    "CREATE INDEX package_open ON package(id) WHERE ended_ms "        \
	    "IS NULL",                                                        \
	    "CREATE TABLE note(id INTEGER PRIMARY KEY, conversation "         \
	    "INTEGER NOT NULL, key_person INTEGER NOT NULL, datenart "        \
	    "TEXT NOT NULL, year INTEGER NOT NULL, at_ms INTEGER NOT "        \
	    "NULL, staff TEXT NOT NULL, note_sealed BLOB NOT NULL) "          \
	    "STRICT",                                                         \
	    "CREATE INDEX note_conversation ON note(conversation)",           \
	    "CREATE TABLE viewed(id INTEGER PRIMARY KEY, person "             \
	    "INTEGER NOT NULL, conversation INTEGER, at_ms INTEGER "          \
	    "NOT NULL, what TEXT NOT NULL, purpose TEXT NOT NULL, "           \
	    "staff TEXT NOT NULL) STRICT",                                    \
	    "CREATE INDEX viewed_person ON viewed(person)",                   \
	    "CREATE TABLE disclosure(id INTEGER PRIMARY KEY, person "         \
	    "INTEGER NOT NULL, recipient TEXT NOT NULL, purpose TEXT "        \
	    "NOT NULL, at_ms INTEGER NOT NULL, staff TEXT) STRICT",           \
	    "CREATE INDEX disclosure_person ON disclosure(person)",           \
	    "CREATE TABLE drp_token(agent TEXT PRIMARY KEY, token_hash "      \
	    "BLOB NOT NULL, made_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID", \
	    "CREATE INDEX request_callback_due ON request_callback(next_ms)", \
	    "CREATE TABLE telling(id INTEGER PRIMARY KEY, erasure "           \
	    "INTEGER, request INTEGER, person INTEGER NOT NULL, kind "        \
	    "TEXT NOT NULL, recipient TEXT NOT NULL, event TEXT NOT "         \
	    "NULL, state TEXT NOT NULL, reason TEXT, outside_id TEXT, "       \
	    "telling_sealed BLOB, year INTEGER NOT NULL DEFAULT 0, "          \
	    "attempts INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT "       \
	    "NULL, made_ms INTEGER NOT NULL, told_ms INTEGER, "               \
	    "ended_ms INTEGER) STRICT",                                       \
	    "CREATE INDEX telling_open ON telling(next_ms) WHERE "            \
	    "ended_ms IS NULL",                                               \
	    "CREATE INDEX telling_person ON telling(person)",                 \
	    "CREATE INDEX restriction_person ON restriction(person)",         \
	    "CREATE INDEX telling_erasure ON telling(erasure)",               \
	    "CREATE INDEX telling_shred ON telling(id) WHERE ended_ms "       \
	    "IS NOT NULL AND telling_sealed IS NULL AND year<>0",             \
	    "CREATE INDEX telling_outside ON telling(outside_id) "            \
	    "WHERE outside_id IS NOT NULL",                                   \
	    "CREATE TABLE replay(kind TEXT NOT NULL, id INTEGER NOT "         \
	    "NULL, datenart TEXT NOT NULL, at_ms INTEGER NOT NULL, "          \
	    "PRIMARY KEY(kind, id, datenart)) STRICT, WITHOUT ROWID",         \
	    "CREATE TABLE ledger_before(origin TEXT NOT NULL, size "          \
	    "INTEGER NOT NULL, at_ms INTEGER NOT NULL, note BLOB NOT "        \
	    "NULL, token BLOB, PRIMARY KEY(origin, size)) STRICT, "           \
	    "WITHOUT ROWID",                                                  \
	    "CREATE TABLE backup(id INTEGER PRIMARY KEY, kind TEXT "          \
	    "NOT NULL, made_ms INTEGER NOT NULL, expires_ms INTEGER, "        \
	    "expired_ms INTEGER) STRICT",                                     \
	    "CREATE TABLE breach(id INTEGER PRIMARY KEY, state TEXT "         \
	    "NOT NULL, year INTEGER NOT NULL, detected_ms INTEGER NOT "       \
	    "NULL, aware_ms INTEGER NOT NULL, from_ms INTEGER, to_ms "        \
	    "INTEGER, types TEXT NOT NULL, cause_kind TEXT, "                 \
	    "cause_object INTEGER, subjects INTEGER, records INTEGER, "       \
	    "special INTEGER NOT NULL DEFAULT 0, figures TEXT, risk "         \
	    "TEXT, decision TEXT, exception TEXT, internal_ms INTEGER "       \
	    "NOT NULL, legal_ms INTEGER NOT NULL, notified_ms "               \
	    "INTEGER, subjects_notified_ms INTEGER, breach_sealed "           \
	    "BLOB, actor INTEGER, closed_ms INTEGER) STRICT",                 \
	    "CREATE TABLE breach_phase(breach INTEGER NOT NULL, at_ms "       \
	    "INTEGER NOT NULL, what TEXT NOT NULL, actor INTEGER, "           \
	    "PRIMARY KEY(breach, at_ms, what)) STRICT, WITHOUT ROWID",        \
	    "CREATE TABLE canary(id INTEGER PRIMARY KEY, person "             \
	    "INTEGER NOT NULL, conversation INTEGER NOT NULL, year "          \
	    "INTEGER NOT NULL, canary_sealed BLOB, made_ms INTEGER "          \
	    "NOT NULL, ended_ms INTEGER) STRICT",                             \
	    "CREATE UNIQUE INDEX canary_person ON canary(person)",            \
	    "CREATE TABLE alarm(id INTEGER PRIMARY KEY, kind TEXT NOT "       \
	    "NULL, object_kind INTEGER NOT NULL, object INTEGER NOT "         \
	    "NULL, detail TEXT, raised_ms INTEGER NOT NULL, due_ms "          \
	    "INTEGER, seen_ms INTEGER, seen_by INTEGER, ended_ms "            \
	    "INTEGER) STRICT",                                                \
	    "CREATE UNIQUE INDEX alarm_open ON alarm(kind, object) "          \
	    "WHERE ended_ms IS NULL",                                         \
	    "CREATE INDEX outbox_gathering ON outbox(conversation) WHERE "    \
	    "state='gathering'"

/* The same version; a list of its own, so that two who add to it meet less. */
#define SCHEMA_SQLITE_5_HOLDS                                              \
	"CREATE TABLE hold_approval(hold INTEGER NOT NULL, actor INTEGER " \
	"NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY(hold, actor)) "     \
	"STRICT, WITHOUT ROWID",                                           \
	    "CREATE INDEX kept_hold ON kept(hold) WHERE hold IS NOT NULL", \
	    "ALTER TABLE staff_reveal ADD COLUMN role TEXT NOT NULL "      \
	    "DEFAULT 'rights'",                                            \
	    "ALTER TABLE restriction ADD COLUMN logged INTEGER NOT NULL "  \
	    "DEFAULT 0",                                                   \
	    "ALTER TABLE hold ADD COLUMN logged INTEGER NOT NULL "         \
	    "DEFAULT 0",                                                   \
	    "ALTER TABLE request ADD COLUMN restored INTEGER NOT NULL "    \
	    "DEFAULT 0",                                                   \
	    "CREATE INDEX request_restored ON request(id) WHERE "          \
	    "restored<>0"

#endif
