/* holding_inside.h - what the parts of holding share. */
#ifndef POSTERN_FORGET_HOLDING_INSIDE_H
#define POSTERN_FORGET_HOLDING_INSIDE_H

#include "holding.h"

#define HOLDING_DATENART     "HOLD"
#define HOLDING_ALARM_REVIEW "hold.review_due"
#define HOLDING_ALARM_LAPSED "hold.lapsed"

/* Its own key: it lives and ends with the hold, not with a person. */
void holding_key(int64_t hold, uint16_t year, struct key_ref *ret);
uint16_t holding_year(const struct worker *w);
/* Something changed: it is looked at in the next turn; in the transaction. */
void holding_wake(struct worker *w);
/* Nobody approved it in time; in the transaction. */
int holding_lapse(struct worker *w, int64_t id, struct err *err);

/* --- holding_scan.c: words, in what there is -------------------------------
 */

struct holding_known; /* words that were opened */
struct holding {
	struct holding_known *known;
	int64_t scan_boot_ms, days_boot_ms; /* not before, boot clock */
};
/* A slice; *ret_more: there may be more to look at. */
int holding_scan(struct worker *w, bool *ret_more, struct err *err);
void holding_known_free(struct holding_known **known);

#endif
