//! Tests of Stepcast on AWS: faults between its parts, the requests it makes, the policies that allow them.

mod faults;
mod packages;
mod policies;
mod requests;
mod traces;
