/* itemwords.h - a line of the settlement list as a letter and a page say it:
 * what kind of data, what became of it, by which article. */
#ifndef POSTERN_RIGHTS_ITEMWORDS_H
#define POSTERN_RIGHTS_ITEMWORDS_H

#include "codes.h"
#include "postern/tongue.h"
#include "rights.h"

/* "Geschäftsbriefe"; the policy's description where it is in that language,
 * else the name the policy has for it.  Borrowed from item or the policy. */
const char *item_name(const struct worker *w, const struct rights_item *item,
		      enum tongue tongue);
const char *item_verdict(enum erasure_verdict verdict, enum tongue tongue);

#endif
