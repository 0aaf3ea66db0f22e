/* sweepclock.h - the day that may be trusted to delete by is also asked by the
 * steps of the worker that do: it is at home there. */
#ifndef POSTERN_FORGET_SWEEPCLOCK_H
#define POSTERN_FORGET_SWEEPCLOCK_H

#include "worker/sweepclock.h"

#endif
