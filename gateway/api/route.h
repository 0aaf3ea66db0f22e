/* route.h - the table of addresses.  Pure but for the handlers it names. */
#ifndef POSTERN_API_ROUTE_H
#define POSTERN_API_ROUTE_H

#include "job.h"

/* Scopes of tokens, as bits; the names are those of design 4.4. */
#define SCOPE_DESK     1u
#define SCOPE_RIGHTS   2u
#define SCOPE_POLICY   4u
#define SCOPE_AUDIT    8u
#define SCOPE_OPERATOR 16u
#define SCOPE_APPROVE  32u /* agree to policies of others, and stop them */
#define SCOPE_COUNCIL  64u /* the works council */
#define SCOPES_ALL     127u
/* Space-separated names to bits; false: empty or an unknown name. */
bool scopes_parse(const char *text, unsigned int *ret);

#define ROUTE_LOCAL  1u /* unix socket only */
#define ROUTE_BODY   2u /* takes a JSON body */
#define ROUTE_UPLOAD 4u /* takes raw bytes, in stages */
#define ROUTE_OWN_TX 8u /* its work is no single transaction of ours */
#define ROUTE_BARE                                                \
	16u /* Idempotency-Key ignored: repeating is harmless and \
	     * the keeper may be locked */

#define ROUTE_LINES 32u /* takes JSON lines: ROUTE_BODY of another type */

/* 0: job->status is set (2xx); -1: job->status is set (refusal), or it is 0
 * and *err says why. */
typedef int (*route_run)(struct worker *w, struct job *job, struct err *err);

struct route {
	const char *method;  /* GET (also HEAD), POST, DELETE */
	const char *pattern; /* "/v1/messages/{msg}/read" */
	unsigned int scope;  /* 0: open to everybody who can connect */
	unsigned int flags;
	route_run run;
};

enum route_match { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_OTHER_METHOD };
/* Pure.  OTHER_METHOD: *ret_allow names the methods there are. */
enum route_match route_find(const char *method, const char *path,
			    const struct route **ret, const char **ret_allow);
const struct route *route_all(size_t *ret_len);
/* The part of path behind the mark of an id, "{msg}"; false when the pattern
 * has none.  A pattern has one id at most. */
bool route_id(const struct route *route, const char *path, const char **ret,
	      size_t *ret_len, enum id_kind *ret_kind);

/* The part behind "{nam}": a name of the policy; false: it is none, or there
 * is no such mark. */
#define ROUTE_NAME_MARK "{nam}"
bool route_name(const struct route *route, const char *path, struct name *ret);

/* Does this address know the query parameter? */
bool route_asks(const struct route *route, enum job_query query);

/* Handlers, by file. */
#define HANDLER(n) int n(struct worker *w, struct job *job, struct err *err)
HANDLER(api_message_send);  /* messages.c */
HANDLER(api_message_react); /* reactions.c */
HANDLER(api_message_read);
HANDLER(api_message_get); /* show.c */
HANDLER(api_conversation_get);
HANDLER(api_conversation_close); /* conversations.c */
HANDLER(api_conversation_reopen);
HANDLER(api_conversation_tag);
HANDLER(api_attachment_put); /* upload.c */
HANDLER(api_attachment_get); /* attachments.c */
HANDLER(api_tokens_list);    /* tokens.c */
HANDLER(api_token_create);
HANDLER(api_token_revoke);
HANDLER(api_outbox_list); /* outbox.c */
HANDLER(api_outbox_retry);
HANDLER(api_outbox_drop);
HANDLER(api_quarantine_list); /* quarantine.c */
HANDLER(api_quarantine_get);
HANDLER(api_quarantine_replay);
HANDLER(api_policy_explain);  /* explain.c */
HANDLER(api_policy_simulate); /* simulate.c */
HANDLER(api_policy_simulation);
HANDLER(api_policy_test); /* tools.c */
HANDLER(api_policy_due);
HANDLER(api_policy_render);
HANDLER(api_policy_ask);    /* tool_explain.c */
HANDLER(api_policy_decide); /* tool_decide.c */
HANDLER(api_policy_diff);   /* tool_diff.c */
HANDLER(api_policy_list);   /* policies.c */
HANDLER(api_policy_propose);
HANDLER(api_policy_get);
HANDLER(api_policy_file);
HANDLER(api_policy_approve);
HANDLER(api_policy_stop);
HANDLER(api_policy_watch);
HANDLER(api_policy_shadow);	  /* policy_shadow.c */
HANDLER(api_consent_import);	  /* consent_import.c */
HANDLER(api_consent_show);	  /* consent_show.c */
HANDLER(api_consent_proof);	  /* consent_proof.c */
HANDLER(api_consent_unsubscribe); /* consent_unsubscribe.c */
HANDLER(api_ledger_checkpoint);	  /* checkpoints.c */
HANDLER(api_ledger_sign);
HANDLER(api_ledger_keys);
HANDLER(api_ledger_rotate);
HANDLER(api_keys_get); /* keys.c */
HANDLER(api_note_put); /* notes.c */
HANDLER(api_note_list);
HANDLER(api_disclosure_put); /* disclosures.c */
HANDLER(api_restrict);	     /* restrict.c */
HANDLER(api_restriction_lift);
HANDLER(api_restrictions_list);
HANDLER(api_staff_ask); /* staff.c */
HANDLER(api_staff_list);
HANDLER(api_staff_show);
HANDLER(api_staff_approve);
HANDLER(api_staff_refuse);
HANDLER(api_hold_place); /* holds.c */
HANDLER(api_hold_list);	 /* holds_show.c */
HANDLER(api_hold_get);
HANDLER(api_hold_approve);
HANDLER(api_hold_review);
HANDLER(api_hold_release);
HANDLER(api_request_open); /* requests.c */
HANDLER(api_request_list);
HANDLER(api_request_get);      /* requests_show.c */
HANDLER(api_request_identity); /* requests_act.c */
HANDLER(api_request_extend);
HANDLER(api_request_decide);
HANDLER(api_request_approve);
HANDLER(api_request_resume);
HANDLER(api_request_withdraw);
HANDLER(api_request_certificate);
HANDLER(api_request_package_get);
HANDLER(api_request_package);
HANDLER(api_request_file); /* requests_file.c */
HANDLER(api_recipients);   /* tellings.c */
HANDLER(api_telling_confirm);
HANDLER(api_telling_retry);
HANDLER(api_erasure_begin); /* erasures.c */
HANDLER(api_erasure_get);
HANDLER(api_keys_lock);
HANDLER(api_keys_unlock);
HANDLER(api_keys_rotate);
HANDLER(api_keys_backup); /* backups.c */
HANDLER(api_data_backup);
HANDLER(api_backups_list);
HANDLER(api_alarms_list); /* alarms.c */
HANDLER(api_alarm_seen);
HANDLER(api_alarm_end);
HANDLER(api_breaches_list); /* breaches.c */
HANDLER(api_breach_open);
HANDLER(api_breach_get);
HANDLER(api_breach_decide);
HANDLER(api_breach_notify);
HANDLER(api_breach_close);
HANDLER(api_breach_draft);
HANDLER(api_canaries_list); /* canaries.c */
HANDLER(api_canary_make);
HANDLER(api_canary_end);
HANDLER(api_sweeps_list); /* sweeps.c */
HANDLER(api_sweep_get);
HANDLER(api_sweep_ask);
HANDLER(api_sweep_approve);
HANDLER(api_sweep_stop);
HANDLER(api_reviews_list); /* reviews.c */
HANDLER(api_review_decide);
HANDLER(api_clock_get); /* clock.c */
HANDLER(api_clock_confirm);
HANDLER(api_status);	       /* status.c */
HANDLER(api_ledger_witnesses); /* witnesses.c */
HANDLER(api_ready);
HANDLER(api_healthy);
HANDLER(api_metrics); /* metrics.c */
HANDLER(api_stats);   /* stats.c */
HANDLER(api_openapi); /* openapi.c */
#undef HANDLER

#endif
