import { environment, type HandlersOf, httpApi } from '@secor/lambda';
import { openS3, openStore, readAnswer } from '@secor/store';
import {
  addAssessorCall,
  changeAssessorCall,
  listAssessorsCall,
  readAssessorCall,
  readOwnStatusCall,
  recordCompletionCall,
  withdrawCompletionCall,
} from './assessors.ts';
import { issueBinderLinkCall, recordBinderCall } from './binders.ts';
import { listCoursesCall } from './courses.ts';
import type { Dependencies } from './dependencies.ts';
import { addEmployerCall, changeEmployerCall, listEmployersCall, readEmployerCall } from './employers.ts';
import { listAllAuditsCall, listBindersCall, listLettersCall, listSignInsCall } from './lists.ts';
import { readMeCall } from './me.ts';
import { changeOwnPhoneCall, readOwnContactCall } from './own-contact.ts';
import { exportCertificatesCall, listCertificatesCall } from './register.ts';
import { listRisksCall } from './risks.ts';
import { readProtocolCall, readRuleSetCall } from './rules.ts';
import {
  cancelAssessorsEnrolmentCall,
  cancelEnrolmentCall,
  cancelSessionCall,
  changeSessionCall,
  enrolAssessorCall,
  enrolCall,
  listSessionsCall,
  markAttendanceCall,
  readSessionCall,
  scheduleSessionCall,
} from './sessions.ts';
import { linkSignInCall } from './sign-ins.ts';
import { checkEligibilityCall, readOwnStandingCall, readStandingCall } from './standing.ts';
import { readAssessorWhyCall, readAuditWhyCall, readWhyCall } from './why.ts';

export const handler = httpApi(() => {
  const pool = process.env.USER_POOL_ID;
  const dependencies: Dependencies = {
    store: openStore(environment('TABLE_NAME')),
    ...(pool === undefined ? {} : { users: async (email) => (await import('./user-pool.ts')).subOf(pool, email) }),
    packages: { s3: openS3(), bucket: environment('PACKAGES_BUCKET') },
  };
  return {
    readAnswer: (call, at) => readAnswer(dependencies.store, call, at),
    handlers: {
      readMe: readMeCall(dependencies),
      listCertificates: listCertificatesCall(dependencies),
      exportCertificates: exportCertificatesCall(dependencies),
      listAllAudits: listAllAuditsCall(dependencies),
      listBinders: listBindersCall(dependencies),
      listLetters: listLettersCall(dependencies),
      listSignIns: listSignInsCall(dependencies),
      readProtocol: readProtocolCall(),
      readRuleSet: readRuleSetCall(),
      addEmployer: addEmployerCall(dependencies),
      listEmployers: listEmployersCall(dependencies),
      readEmployer: readEmployerCall(dependencies),
      changeEmployer: changeEmployerCall(dependencies),
      addAssessor: addAssessorCall(dependencies),
      listAssessors: listAssessorsCall(dependencies),
      readAssessor: readAssessorCall(dependencies),
      changeAssessor: changeAssessorCall(dependencies),
      readOwnStatus: readOwnStatusCall(dependencies),
      recordCompletion: recordCompletionCall(dependencies),
      withdrawCompletion: withdrawCompletionCall(dependencies),
      listCourses: listCoursesCall(dependencies),
      scheduleSession: scheduleSessionCall(dependencies),
      listSessions: listSessionsCall(dependencies),
      readSession: readSessionCall(dependencies),
      changeSession: changeSessionCall(dependencies),
      cancelSession: cancelSessionCall(dependencies),
      enrolAssessor: enrolAssessorCall(dependencies),
      cancelAssessorsEnrolment: cancelAssessorsEnrolmentCall(dependencies),
      enrol: enrolCall(dependencies),
      cancelEnrolment: cancelEnrolmentCall(dependencies),
      markAttendance: markAttendanceCall(dependencies),
      recordBinder: recordBinderCall(dependencies),
      issueBinderLink: issueBinderLinkCall(dependencies),
      readStanding: readStandingCall(dependencies),
      readOwnStanding: readOwnStandingCall(dependencies),
      readOwnContact: readOwnContactCall(dependencies),
      changeOwnPhone: changeOwnPhoneCall(dependencies),
      readWhy: readWhyCall(dependencies),
      readAuditWhy: readAuditWhyCall(dependencies),
      readAssessorWhy: readAssessorWhyCall(dependencies),
      checkEligibility: checkEligibilityCall(dependencies),
      listRisks: listRisksCall(dependencies),
      linkSignIn: linkSignInCall(dependencies),
    } satisfies HandlersOf<'program-api'>,
  };
});
