use proptest::prelude::*;

use super::*;

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn record(holder: &str, term: i32) -> Record {
    Record { version: "1".into(), holder: holder.into(), term, duration: LEASE_DURATION }
}

fn seen(holder: &str, term: i32, since: u64) -> SeenLease {
    SeenLease::of(record(holder, term), None, s(since))
}

#[test]
fn a_standby_takes_a_free_lease_and_waits_for_a_held_one() {
    let step = |seen: Option<SeenLease>, now| decide(seen.as_ref(), "me", None, s(now));
    assert_eq!(step(None, 0), Step::Acquire(0));
    assert_eq!(step(Some(seen("", 3, 0)), 0), Step::Acquire(4), "given back");
    assert_eq!(step(Some(seen("me", 3, 0)), 0), Step::Acquire(4), "held by a previous incarnation in the same Pod");
    assert_eq!(step(Some(seen("other", 3, 0)), 0), Step::Wait(s(15)));
    assert_eq!(step(Some(seen("other", 3, 2)), 16), Step::Wait(s(1)));
    assert_eq!(step(Some(seen("other", 3, 2)), 17), Step::Acquire(4));
    assert_eq!(step(Some(seen("other", i32::MAX, 2)), 17), Step::Acquire(0), "a term must not be negative");
    let patient = Record { duration: s(60), ..record("other", 3) };
    assert_eq!(step(Some(SeenLease::of(patient, None, s(0))), 20), Step::Wait(s(40)));
    let hasty = Record { duration: s(1), ..record("other", 3) };
    assert_eq!(step(Some(SeenLease::of(hasty, None, s(0))), 2), Step::Wait(s(13)), "it may be a wrong value");
}

#[test]
fn a_holder_renews_until_the_lease_is_lost_or_expired() {
    let held = Some(Held { term: 3, renewed: s(10) });
    let step = |seen: Option<SeenLease>, now| decide(seen.as_ref(), "me", held, s(now));
    assert_eq!(step(Some(seen("me", 3, 10)), 19), Step::Renew);
    let lost = |step| matches!(step, Step::Lost(_));
    assert!(lost(step(Some(seen("me", 3, 10)), 20)), "too late, although nobody else has acquired it");
    assert!(lost(step(Some(seen("other", 4, 11)), 12)));
    assert!(lost(step(Some(seen("other", 3, 11)), 12)), "stolen by hand");
    assert!(lost(step(Some(seen("me", 4, 11)), 12)), "another process of our name has taken it");
    assert!(lost(step(Some(seen("", 3, 11)), 12)));
    assert!(lost(step(None, 12)));
}

#[test]
fn the_wait_counts_from_when_the_last_change_was_seen() {
    let first = seen("other", 1, 5);
    let same = SeenLease::of(record("other", 1), Some(&first), s(9));
    assert_eq!(same.since, s(5));
    let renewed = Record { version: "2".into(), ..record("other", 1) };
    assert_eq!(SeenLease::of(renewed, Some(&same), s(9)).since, s(9));
}

/// A process of the model: its own clock (an offset), what it has seen, and what it holds.
#[derive(Debug)]
struct Candidate {
    name: String,
    offset: Duration,
    seen: Option<SeenLease>,
    held: Option<Held>,
    gone: bool,
}

/// The next event of the model: time passes, and then a candidate takes a turn. A candidate without turns is paused or
/// disconnected.
#[derive(Clone, Debug)]
struct Event {
    passes: Duration,
    who: usize,
    /// It acts on what it read in an earlier turn.
    reads: bool,
    /// The time between deciding and the write's arrival.
    delay: Duration,
    /// The write arrives, but its response does not.
    answer_lost: bool,
    gives_back: bool,
}

fn event() -> impl Strategy<Value = Event> {
    (0_u64..6000, 0_usize..4, prop::bool::weighted(0.8), 0_u64..4000, prop::bool::weighted(0.1), 0_u8..30).prop_map(
        |(passes, who, reads, delay, answer_lost, back)| Event {
            passes: Duration::from_millis(passes),
            who,
            reads,
            delay: Duration::from_millis(if delay < 3000 { 0 } else { delay }),
            answer_lost,
            gives_back: back == 0,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// At no time do two of them believe that they may act, and each takes a sensible step from what it sees.
    #[test]
    fn never_two_at_once(
        // The first two share their identity, as the processes before and after a restart in one Pod do.
        offsets in prop::collection::vec(0_u64..100_000, 4),
        events in prop::collection::vec(event(), 1..200),
        same_name in any::<bool>(),
    ) {
        let name = |i: usize| if same_name && i == 1 { "c0".to_owned() } else { format!("c{i}") };
        let mut candidates: Vec<Candidate> = offsets.iter().enumerate().map(|(i, offset)| Candidate {
            name: name(i), offset: Duration::from_millis(*offset), seen: None, held: None, gone: false,
        }).collect();
        let mut server: Option<Record> = None;
        let (mut now, mut version) = (Duration::ZERO, 0_u64);
        for Event { passes, who, reads, delay, answer_lost, gives_back } in events {
            now += passes;
            let me = &mut candidates[who];
            if me.gone {
                continue;
            }
            if reads {
                me.seen = server.clone().map(|record| SeenLease::of(record, me.seen.as_ref(), now + me.offset));
            }
            let sent = now + me.offset;
            let step = decide(me.seen.as_ref(), &me.name, me.held, sent);
            let (term, back) = match step {
                Step::Lost(_) => { me.gone = true; me.held = None; continue }
                Step::Wait(_) => continue,
                Step::Acquire(term) => (term, false),
                Step::Renew => (me.held.unwrap().term, gives_back),
            };
            // It takes a lease that is already its own: the previous process in that Pod has died.
            let same = |seen: &SeenLease| seen.record.holder == me.name;
            let after = (matches!(step, Step::Acquire(_)) && me.seen.as_ref().is_some_and(same)).then(|| me.name.clone());
            // Before it releases a lease, it stops acting.
            if back { me.held = None; me.gone = true; }
            now += delay;
            let expected = me.seen.as_ref().map(|seen| seen.record.version.clone());
            if server.as_ref().map(|record| record.version.clone()) != expected {
                continue;
            }
            version += 1;
            let holder = if back { String::new() } else { me.name.clone() };
            let written = Record { version: version.to_string(), holder, term, duration: LEASE_DURATION };
            server = Some(written.clone());
            if !answer_lost && !back {
                me.held = Some(Held { term, renewed: sent });
                me.seen = Some(SeenLease::of(written, None, now + me.offset));
            }
            for (_, dead) in candidates.iter_mut().enumerate().filter(|(i, c)| *i != who && after.as_ref() == Some(&c.name)) {
                (dead.gone, dead.held) = (true, None);
            }
            let acting = |c: &&Candidate| c.held.is_some_and(|held| now + c.offset < held.until());
            let acting: Vec<&str> = candidates.iter().filter(acting).map(|c| c.name.as_str()).collect();
            prop_assert!(acting.len() <= 1, "{acting:?}\n{candidates:#?}");
        }
    }

    /// If nobody else is there any more, a candidate that keeps trying gets the lease in time.
    #[test]
    fn somebody_leads_in_the_end(term in 0_i32..1000, since in 0_u64..1000, holder in "[a-c]?") {
        let seen = SeenLease::of(record(&holder, term), None, Duration::from_millis(since));
        let now = Duration::from_millis(since) + LEASE_DURATION;
        let acquires = matches!(decide(Some(&seen), "me", None, now), Step::Acquire(_));
        prop_assert!(acquires);
    }
}
