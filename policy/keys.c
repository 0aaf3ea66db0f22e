/* keys.c - every key and every word of the language, by the place it stands
 * in.  The parser takes its lists from here, and the test of the documents
 * holds schema and reference against them. */
#include "testcase.h"

#define LIST(path, ...)                                            \
	{                                                          \
		path, (const char *const[]){__VA_ARGS__},          \
		    COUNT_OF(((const char *const[]){__VA_ARGS__})) \
	}
#define SHARED(path, array)                    \
	{                                      \
		path, array, COUNT_OF((array)) \
	}

const char *const policy_start_words[POLICY_STARTS] = {
    [START_COLLECTION] = "collection",
    [START_PROCESS_END] = "process_end",
    [START_RELATIONSHIP_END] = "relationship_end",
    [START_WITHDRAWAL] = "withdrawal",
    [START_LAST_USE] = "last_use",
    [START_REQUESTED] = "requested",
    [START_COMPLETED] = "completed",
    [START_CLOSED] = "closed",
};

const char *const policy_person_words[PERSON_WORDS] = {
    [PERSON_ALIAS] = "alias",
    [PERSON_NAME] = "name",
    [PERSON_ADDRESS] = "address",
};

const char *const policy_media_words[MEDIA_WORDS] = {"image", "audio", "video",
						     "document", "sticker"};

const char *const notice_block_words[NOTICE_BLOCKS] = {
    [BLOCK_CONTROLLER] = "controller",
    [BLOCK_CONTACT] = "contact",
    [BLOCK_DPO] = "dpo",
    [BLOCK_PURPOSES] = "purposes",
    [BLOCK_LEGITIMATE_INTEREST] = "legitimate_interest",
    [BLOCK_RECIPIENTS] = "recipients",
    [BLOCK_TRANSFER] = "transfer",
    [BLOCK_PERIOD] = "period",
    [BLOCK_RIGHTS] = "rights",
    [BLOCK_WITHDRAW_RIGHT] = "withdraw_right",
    [BLOCK_COMPLAINT] = "complaint",
    [BLOCK_OBLIGATION] = "obligation",
    [BLOCK_AUTOMATED_DECISION] = "automated_decision",
    [BLOCK_SOURCE] = "source",
};

const char *const test_event_words[TEST_EVENTS] = {"message", "edit", "delete",
						   "reply"};
const char *const test_window_words[TEST_WINDOWS] = {"open", "closed"};
const char *const test_forget_words[TEST_FORGETS] = {"forget", "mask", "keep"};
const char *const test_mechanism_words[TEST_MECHANISMS] = {"valid", "overdue",
							   "invalid"};
const char *const test_consent_words[TEST_CONSENTS] = {
    "absent",  "requested", "deferred",	 "refused", "given",
    "renewed", "expired",   "withdrawn", "revoked", "invalidated",
};

static const char *const forget_words[] = {"forget", "mask"};

const struct policy_list policy_keys[KEY_LISTS] = {
    [KEYS_FILE] = LIST("", "policy", "version", "purposes", "data", "channels",
		       "helpdesks", "patterns", "redact", "special", "keywords",
		       "notices", "replies", "approvals", "tests"),
    [KEYS_PURPOSE] =
	LIST("purposes.*", "basis", "special", "marketing", "interest",
	     "double_opt_in", "valid", "ask", "confirmed", "reminder",
	     "pending", "minors", "dpv", "channels"),
    [KEYS_PURPOSE_CHANNEL] = LIST("purposes.*.channels.*", "double_opt_in",
				  "valid", "ask", "confirmed"),
    [KEYS_RULE] = LIST("data.*", "from", "keep", "delete", "statutory",
		       "restrict", "description", "subjects", "owner",
		       "justification", "method", "special"),
    [KEYS_STATUTORY] =
	LIST("data.*.statutory", "norm", "years", "start", "after"),
    [KEYS_RESTRICT] = LIST("data.*.restrict", "from", "after"),
    [KEYS_CHANNEL] = LIST("channels.*", "purpose", "data", "media",
			  "first_contact", "notice", "until_consent", "start",
			  "consent", "hours", "tag", "on_delete", "on_edit"),
    [KEYS_MEDIA] = LIST("channels.*.media", "data", "kinds", "max", "strip"),
    [KEYS_UNTIL] = LIST("channels.*.until_consent", "do", "for"),
    [KEYS_ON_DELETE] = LIST("channels.*.on_delete", "keep", "as"),
    [KEYS_ON_EDIT] = LIST("channels.*.on_edit", "keep", "as"),
    [KEYS_HOURS] = LIST("channels.*.hours", "days", "holidays", "outside"),
    [KEYS_DAYS] = LIST("channels.*.hours.days", "mon", "tue", "wed", "thu",
		       "fri", "sat", "sun"),
    [KEYS_TAG] = LIST("channels.*.tag.[]", "words", "data"),
    [KEYS_SPECIAL] = LIST("special.[]", "words", "data"),
    [KEYS_HELPDESK] = LIST("helpdesks.*", "sees", "person", "data"),
    [KEYS_REDACT] = LIST("redact.[]", "find", "before", "channels"),
    [KEYS_NOTICE] = LIST("notices.*", "language", "text", "kind", "url",
			 "valid_from", "blocks"),
    [KEYS_BLOCKS] = SHARED("notices.*.blocks", notice_block_words),
    [KEYS_KEYWORDS] = LIST("keywords", "STOP", "START", "HELP", "ERASE",
			   "ACCESS", "REVIEW", "CONFIRM"),
    [KEYS_REPLIES] =
	LIST("replies", [REPLY_STOPPED] = "stopped", [REPLY_HELP] = "help",
	     [REPLY_ERASE] = "erase", [REPLY_ACCESS] = "access"),
    [KEYS_APPROVALS] =
	LIST("approvals", "policy", "hold", "unmask", "delay", "tolerance"),
    [KEYS_TEST] = LIST("tests.[]", "name", "at", "given", "expect"),
    [KEYS_GIVEN] =
	LIST("tests.[].given", "channel", "helpdesk", "event", "text",
	     "purpose", "media", "bytes", "consent", "tagged", "suppressed",
	     "restricted", "minor", "noticed", "told_closed", "language",
	     "window", "template", "mechanism", "data", "start"),
    [KEYS_EXPECT] =
	LIST("tests.[].expect", "store", "forward", "send", "person", "notice",
	     "ask", "reply", "hold_back", "reduced", "quarantine", "refuse",
	     "keyword", "delete", "media", "redacted", "special", "due"),
};

const struct policy_list policy_words[WORD_LISTS] = {
    /* In the order of enum legal_basis; the last was the word of the first
     * version. */
    [WORDS_BASIS] = LIST("purposes.*.basis", "consent", "contract",
			 "legal_obligation", "vital_interest", "public_task",
			 "legitimate_interest", "vital_interests"),
    /* Art. 9(2) GDPR. */
    [WORDS_SPECIAL] =
	LIST("purposes.*.special", "explicit_consent", "employment",
	     "vital_interest", "association", "made_public", "legal_claims",
	     "public_interest", "health_care", "public_health", "research"),
    [WORDS_MINORS] = LIST("purposes.*.minors", "guardian", "refuse"),
    [WORDS_FROM] = SHARED("data.*.from", policy_start_words),
    [WORDS_RESTRICT_FROM] = SHARED("data.*.restrict.from", policy_start_words),
    [WORDS_YEARS_START] = LIST("data.*.statutory.start", "date", "year_end"),
    [WORDS_METHOD] = LIST("data.*.method", "erase_and_shred", "erase"),
    [WORDS_FIRST_CONTACT] =
	LIST("channels.*.first_contact", [FIRST_NOTHING] = "nothing",
	     [FIRST_NOTICE] = "notice", [FIRST_CONSENT] = "consent"),
    [WORDS_UNTIL] =
	LIST("channels.*.until_consent.do", [UNTIL_HOLD_BACK] = "hold_back",
	     [UNTIL_REDUCED] = "forward_reduced", [UNTIL_REFUSE] = "refuse"),
    [WORDS_MEDIA] = SHARED("channels.*.media.kinds.[]", policy_media_words),
    [WORDS_STRIP] = LIST("channels.*.media.strip.[]", "place", "device"),
    [WORDS_ON_DELETE] = SHARED("channels.*.on_delete", forget_words),
    [WORDS_ON_EDIT] = SHARED("channels.*.on_edit", forget_words),
    [WORDS_KEEP] = {"channels.*.on_delete.keep", legal_basis_names,
		    LEGAL_BASES},
    [WORDS_HOLIDAYS] = LIST("channels.*.hours.holidays", "none", "land"),
    [WORDS_SEES] = LIST("helpdesks.*.sees.[]", "text", "attachments"),
    [WORDS_PERSON] = SHARED("helpdesks.*.person", policy_person_words),
    [WORDS_BEFORE] = LIST("redact.[].before.[]", [BEFORE_STORE] = "store",
			  [BEFORE_FORWARD] = "forward"),
    [WORDS_KIND] = LIST("notices.*.kind", "notice", "ask", "reply"),
    [WORDS_EVENT] = SHARED("tests.[].given.event", test_event_words),
    [WORDS_TEST_MEDIA] = SHARED("tests.[].given.media", policy_media_words),
    [WORDS_CONSENT] = SHARED("tests.[].given.consent", test_consent_words),
    [WORDS_WINDOW] = SHARED("tests.[].given.window", test_window_words),
    [WORDS_MECHANISM] =
	SHARED("tests.[].given.mechanism", test_mechanism_words),
    [WORDS_TEST_PERSON] = SHARED("tests.[].expect.person", policy_person_words),
    [WORDS_DELETE] = SHARED("tests.[].expect.delete", test_forget_words),
    [WORDS_KEYWORD] = LIST("tests.[].expect.keyword", "NONE", "STOP", "START",
			   "HELP", "ERASE", "ACCESS", "REVIEW"),
    [WORDS_REPLY] = LIST("tests.[].expect.reply", "stopped", "help", "erase",
			 "access", "outside"),
    [WORDS_REFUSE] = LIST(
	"tests.[].expect.refuse", "channel.mechanism", "channel.unknown",
	"channel.until_consent", "channel.media", "consent_expired",
	"consent_minor", "consent_missing", "consent_suppressed",
	"consent_withdrawn", "helpdesk.data", "helpdesk.unknown", "objection",
	"person.restricted", "purpose.unknown", "route.none", "window.closed"),
};

size_t policy_known_keys(const struct yaml *map, enum key_list list,
			 struct diag *diag)
{
	return yaml_unknown_keys(map, policy_keys[list].words,
				 policy_keys[list].len, diag);
}

int policy_field_of(const struct yaml *node, enum word_list list,
		    struct diag *diag)
{
	return policy_field_word(node, policy_words[list].words,
				 policy_words[list].len, diag);
}
