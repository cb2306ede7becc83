//! A faithful imitation of the SailPoint Identity Security Cloud APIs that pat-operator calls.
