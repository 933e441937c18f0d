//! A request's states against a model, for any order of events.

use crate::model::{Event, STATES, STEPS, State};
use proptest::prelude::*;

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![Just(Event::Yes), Just(Event::No), Just(Event::Time), Just(Event::Stamp)]
}

proptest! {
    #[test]
    fn a_request_is_answered_once_and_is_signed_only_after_a_yes(events in prop::collection::vec(event(), 0..12)) {
        let (mut state, mut answers, mut yes) = (State::Asked, 0, false);
        for event in events {
            match state.step(event) {
                Ok(next) => {
                    prop_assert!(STEPS.contains(&(state, event, next)));
                    answers += usize::from(event != Event::Stamp);
                    yes |= event == Event::Yes;
                    state = next;
                }
                Err(problem) => {
                    prop_assert_eq!(problem.status, 409);
                    let late = state == State::Expired;
                    prop_assert_eq!(problem.code == "signature-expired", late);
                }
            }
            prop_assert!(answers <= 1);
            prop_assert_eq!(yes, matches!(state, State::Agreed | State::Signed));
        }
    }
}

#[test]
fn each_state_is_kept_by_its_name_and_final_states_stay() {
    for state in STATES {
        assert_eq!(State::parse(state.as_str()).unwrap(), state);
    }
    for state in [State::Signed, State::Refused, State::Expired] {
        assert!(!STEPS.iter().any(|(from, ..)| *from == state));
    }
}
