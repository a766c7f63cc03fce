//! The places in which one function runs, and the order in which they are given out.
//!
//! Accounts take turns, and none has more than its share of the places. However much one of them requests, the next
//! command of another begins as soon as a place is free. A function whose client does not read steps aside: it
//! continues in a place that is reserved for waiting, and another begins in the place it had.

use super::limits::Limits;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The account an invocation counts for. The gateway knows no principals: the function behind `$connect` names the
/// account. All connections without a named account share the empty one, which is not limited to a share.
pub(super) type Account = Arc<str>;

/// All places of a function. Clones are handles on the same ones.
#[derive(Clone)]
pub(super) struct Places {
    state: Arc<Mutex<State>>,
}

/// The right to run one invocation; it ends when this is dropped.
pub(super) struct Place {
    places: Places,
    account: Account,
    is_aside: bool,
}

struct State {
    free: usize,
    free_aside: usize,
    /// Most places of one account that has a name
    share: usize,
    /// The same for the places aside
    share_aside: usize,
    accounts: HashMap<Account, Use>,
    /// Accounts that want another invocation and may begin one, each once
    next: VecDeque<Account>,
}

#[derive(Default)]
struct Use {
    running: usize,
    aside: usize,
    waiting: VecDeque<oneshot::Sender<Place>>,
    is_next: bool,
}

impl Places {
    /// Creates as many places as the limits say; each account has half of them at most.
    pub(super) fn new(limits: &Limits) -> Self {
        let (free, free_aside) = (limits.concurrent_invocations, limits.waiting_invocations);
        let (share, share_aside) = (free.div_ceil(2), free_aside.div_ceil(2));
        let state = State { free, free_aside, share, share_aside, accounts: HashMap::new(), next: VecDeque::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Waits for a place.
    pub(super) async fn take(&self, account: &Account) -> Place {
        loop {
            let (sender, place) = oneshot::channel();
            self.change(|state| state.wait(account, sender));
            // A sender is dropped without a place only if the whole state is dropped as well.
            if let Ok(place) = place.await {
                return place;
            }
        }
    }

    /// Makes a change, and gives out the places that are free after it.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let granted = {
            let mut state = self.lock();
            change(&mut state);
            state.grant()
        };
        for (account, sender) in granted {
            // If the caller has given up just now, the place comes back at once.
            let _ = sender.send(Place { places: self.clone(), account, is_aside: false });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait(&mut self, account: &Account, sender: oneshot::Sender<Place>) {
        self.accounts.entry(account.clone()).or_default().waiting.push_back(sender);
        self.line_up(account);
    }

    /// Puts an account in line, if it wants another place and may have one.
    fn line_up(&mut self, account: &Account) {
        let share = of_named(account, self.share);
        let Some(used) = self.accounts.get_mut(account) else { return };
        if !used.is_next && !used.waiting.is_empty() && used.running < share {
            used.is_next = true;
            self.next.push_back(account.clone());
        }
    }

    fn grant(&mut self) -> Vec<(Account, oneshot::Sender<Place>)> {
        let mut granted = Vec::new();
        while self.free > 0
            && let Some(account) = self.next.pop_front()
        {
            let Some(used) = self.accounts.get_mut(&account) else { continue };
            used.is_next = false;
            // Callers that no longer wait are skipped here: otherwise the place of each would come back and go to the
            // next, in nested calls.
            while used.waiting.front().is_some_and(oneshot::Sender::is_closed) {
                used.waiting.pop_front();
            }
            if let Some(sender) = used.waiting.pop_front() {
                used.running += 1;
                self.free -= 1;
                granted.push((account.clone(), sender));
            }
            self.line_up_or_forget(&account);
        }
        granted
    }

    fn give_back(&mut self, account: &Account, is_aside: bool) {
        let Some(used) = self.accounts.get_mut(account) else { return };
        if is_aside {
            used.aside -= 1;
            self.free_aside += 1;
        } else {
            used.running -= 1;
            self.free += 1;
        }
        self.line_up_or_forget(account);
    }

    /// Puts an account in line again, or removes it if nothing of it runs or waits any more.
    fn line_up_or_forget(&mut self, account: &Account) {
        let is_idle = |used: &Use| used.running == 0 && used.aside == 0 && used.waiting.is_empty();
        if self.accounts.get(account).is_some_and(is_idle) {
            self.accounts.remove(account);
        } else {
            self.line_up(account);
        }
    }

    /// Moves one of the account's invocations to a place for waiting. Returns `false` if there is none for it.
    fn step_aside(&mut self, account: &Account) -> bool {
        let share = of_named(account, self.share_aside);
        let Some(used) = self.accounts.get_mut(account) else { return false };
        if self.free_aside == 0 || used.aside >= share {
            return false;
        }
        used.running -= 1;
        used.aside += 1;
        self.free += 1;
        self.free_aside -= 1;
        self.line_up(account);
        true
    }
}

/// The share of an account, if it is held to one.
fn of_named(account: &Account, share: usize) -> usize {
    if account.is_empty() { usize::MAX } else { share }
}

impl Place {
    /// Leaves the place to another invocation and continues in one that is reserved for waiting, if there is one.
    pub(super) fn step_aside(&mut self) {
        if self.is_aside {
            return;
        }
        let mut is_aside = false;
        self.places.change(|state| is_aside = state.step_aside(&self.account));
        self.is_aside = is_aside;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.change(|state| state.give_back(&self.account, self.is_aside));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn places(most: usize, waiting: usize) -> Places {
        let limits = Limits { concurrent_invocations: most, waiting_invocations: waiting, ..Limits::default() };
        Places::new(&limits)
    }

    fn account(name: &str) -> Account {
        name.into()
    }

    /// The place, if there is one now.
    fn now(waiting: &mut (impl Future<Output = Place> + Unpin)) -> Option<Place> {
        waiting.now_or_never()
    }

    #[tokio::test]
    async fn one_account_has_no_more_than_its_share() {
        let places = places(4, 0);
        let (greedy, modest) = (account("greedy"), account("modest"));
        let _held = [places.take(&greedy).await, places.take(&greedy).await];
        let mut third = Box::pin(places.take(&greedy));
        assert!(now(&mut third).is_none());
        let _other = places.take(&modest).await;
        assert!(now(&mut third).is_none(), "though a place is free");
        let _nameless = places.take(&account("")).await;
    }

    #[tokio::test]
    async fn accounts_take_turns() {
        let places = places(1, 0);
        let (greedy, modest) = (account("greedy"), account("modest"));
        let held = places.take(&modest).await;
        let mut many: Vec<_> = (0..100).map(|_| Box::pin(places.take(&greedy))).collect();
        assert!(many.iter_mut().all(|waiting| now(waiting).is_none()));
        let mut late = Box::pin(places.take(&modest));
        assert!(now(&mut late).is_none());
        drop(held);
        let first = now(&mut many[0]).expect("the one who waited longest");
        assert!(now(&mut late).is_none());
        drop(first);
        assert!(now(&mut late).is_some(), "before the other ninety-nine");
    }

    #[tokio::test]
    async fn who_waits_no_longer_takes_no_place() {
        let places = places(1, 0);
        let one = account("one");
        let held = places.take(&one).await;
        let mut gone: Vec<_> = (0..100_000).map(|_| Box::pin(places.take(&one))).collect();
        assert!(gone.iter_mut().all(|waiting| now(waiting).is_none()));
        drop(gone);
        drop(held);
        assert_eq!(places.lock().free, 1);
        assert!(places.lock().accounts.is_empty(), "nothing is remembered of who has nothing here");
    }

    #[tokio::test]
    async fn who_steps_aside_leaves_room_for_others_as_long_as_there_is_room_aside() {
        let places = places(1, 1);
        let (silent, other) = (account("silent"), account("other"));
        let mut first = places.take(&silent).await;
        first.step_aside();
        first.step_aside();
        let mut second = places.take(&silent).await;
        second.step_aside();
        let mut waiting = Box::pin(places.take(&other));
        assert!(now(&mut waiting).is_none(), "there was room for one only");
        drop(first);
        second.step_aside();
        let third = now(&mut waiting).expect("a place");
        drop((second, third));
        let state = places.lock();
        assert_eq!((state.free, state.free_aside, state.accounts.len()), (1, 1, 0));
    }
}
